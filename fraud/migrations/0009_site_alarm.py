"""The alarm of the whole site: when it began, until when it lasts, what it saw."""

from django.db import migrations, models

import core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0008_drop_key_counts"),
    ]

    operations = [
        migrations.CreateModel(
            name="SiteAlarm",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("lasts_until", models.DateTimeField()),
                ("declines", models.PositiveIntegerField()),
                ("cards", models.PositiveIntegerField(verbose_name="different cards declined")),
                (
                    "payments",
                    models.PositiveIntegerField(verbose_name="payments that went through"),
                ),
                ("usual", models.FloatField(verbose_name="declines for each payment otherwise")),
            ],
            options={
                "verbose_name": "card-testing alarm",
                "indexes": [models.Index(fields=["-lasts_until"], name="fraud_sitealarm_latest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("lasts_until__gt", models.F("opened_at"))),
                        name="fraud_sitealarm_lasts",
                    )
                ],
            },
        ),
    ]
