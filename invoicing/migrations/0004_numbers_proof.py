"""When the numbers of all papers were proved, and what was wrong."""

from django.db import migrations, models

from core.database.rights import revoke


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0003_corrections"),
    ]

    operations = [
        migrations.CreateModel(
            name="NumbersProof",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("proved_at", models.DateTimeField()),
                ("series", models.PositiveIntegerField()),
                ("papers", models.PositiveIntegerField()),
                ("problems", models.JSONField(default=list)),
            ],
            options={
                "indexes": [models.Index(fields=["-proved_at"], name="invoicing_proof_newest")],
            },
        ),
        revoke("invoicing_numbersproof", "UPDATE", "DELETE", "TRUNCATE"),
    ]
