"""A payment is known once, with its last label; keys that nobody uses any more are forgotten."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0010_previews"),
    ]

    operations = [
        migrations.AddField(
            model_name="keyprofile",
            name="heard_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name="outcome",
            name="replaces_at",
            field=models.DateTimeField(null=True),
        ),
    ]
