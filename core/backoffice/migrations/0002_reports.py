"""Who may see reports and take them along."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("backoffice", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
            options={
                "verbose_name": "report",
                "managed": False,
                "default_permissions": ("view", "export"),
            },
        ),
    ]
