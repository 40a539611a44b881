"""What the cards’ banks call fraud, kept beside the payments; never removed."""

import django.db.models.deletion
from django.db import migrations, models

import core.ids
from core.database.rights import revoke


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0005_payment_without_place"),
    ]

    operations = [
        migrations.CreateModel(
            name="FraudWarning",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "gateway_id",
                    models.CharField(max_length=255, unique=True, verbose_name="Stripe warning"),
                ),
                ("fraud_type", models.CharField(blank=True, max_length=64)),
                ("actionable", models.BooleanField()),
                ("warned_at", models.DateTimeField()),
                ("heard_at", models.DateTimeField()),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fraud_warnings",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "verbose_name": "early fraud warning",
            },
        ),
        revoke("payments_fraudwarning", "DELETE", "TRUNCATE"),
    ]
