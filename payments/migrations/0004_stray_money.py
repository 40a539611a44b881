"""Money at the gateway without a place in our books, on a list of its own."""

import django.db.models.deletion
from django.db import migrations, models

import core.crypto.fields
import core.ids
from core.database.rights import revoke


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0003_refund_credit_lines"),
    ]

    operations = [
        migrations.CreateModel(
            name="StrayMoney",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("payment", "Paid after it had ended here"),
                            ("refund", "Given back a second time"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "gateway_id",
                    models.CharField(max_length=255, unique=True, verbose_name="Stripe's id"),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("currency", models.CharField(default="GBP", max_length=3)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Needs a decision"),
                            ("giving_back", "Going back"),
                            ("given_back", "Given back"),
                            ("matched", "Matched by hand"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("found_at", models.DateTimeField(verbose_name="found")),
                ("decided_by", models.CharField(blank=True, max_length=150)),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
                ("note", core.crypto.fields.SealedTextField(blank=True, default="")),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stray_money",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "verbose_name": "money without a place",
                "verbose_name_plural": "money without a place",
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "open")),
                        fields=["found_at"],
                        name="payments_straymoney_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["open", "giving_back", "given_back", "matched"])
                        ),
                        name="payments_straymoney_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["payment", "refund"])),
                        name="payments_straymoney_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)),
                        name="payments_straymoney_amount_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "open"),
                            models.Q(
                                models.Q(("decided_by", ""), _negated=True),
                                ("decided_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="payments_straymoney_decided_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "refund"), _negated=True),
                            ("status__in", ["open", "matched"]),
                            _connector="OR",
                        ),
                        name="payments_straymoney_only_payments_go_back",
                    ),
                ],
            },
        ),
        revoke("payments_straymoney", "DELETE", "TRUNCATE"),
    ]
