"""How each invariant stood when it was last checked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Standing",
            fields=[
                ("invariant", models.CharField(max_length=10, primary_key=True, serialize=False)),
                ("checked_at", models.DateTimeField()),
                ("took_seconds", models.FloatField()),
                ("broken", models.JSONField(default=list)),
                ("failure", models.CharField(blank=True, default="", max_length=300)),
            ],
        ),
    ]
