"""What the credit note of a refund takes back is decided with the refund."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_guards")]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="credit_lines",
            field=models.JSONField(null=True),
        ),
    ]
