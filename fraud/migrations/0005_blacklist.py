"""The lists of what is stopped, held for a person or let through. A row is never deleted: removing it is a change."""

import django.contrib.postgres.indexes
from django.db import migrations, models

import core.ids
import fraud.models.blacklist
from core.database.rights import revoke


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0004_warned_outcome"),
    ]

    operations = [
        migrations.CreateModel(
            name="BlacklistEntry",
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
                            ("email", "Email"),
                            ("email_domain", "Domain"),
                            ("card", "Card"),
                            ("device", "Device"),
                            ("connection", "Connection"),
                            ("phone", "Phone"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "effect",
                    models.CharField(
                        choices=[("block", "Stop"), ("review", "Review"), ("allow", "Let through")],
                        max_length=6,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("person", "A person"), ("automatic", "Automatic")],
                        default="person",
                        max_length=9,
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("exact", models.CharField(blank=True, max_length=64)),
                ("network", fraud.models.blacklist.NetworkField(null=True)),
                ("shown", models.CharField(max_length=260, verbose_name="value")),
                ("reason", models.CharField(max_length=200)),
                ("author", models.CharField(max_length=150, verbose_name="by")),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("removed_at", models.DateTimeField(null=True)),
                ("removed_by", models.CharField(blank=True, max_length=150)),
                ("removed_reason", models.CharField(blank=True, max_length=200)),
                ("hits", models.PositiveIntegerField(default=0)),
                ("last_hit_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "blacklist entry",
                "verbose_name_plural": "blacklist",
                "db_table": "fraud_blacklist",
                "indexes": [
                    django.contrib.postgres.indexes.GistIndex(
                        condition=models.Q(("removed_at", None)),
                        fields=["network"],
                        name="fraud_blacklist_holds",
                        opclasses=["inet_ops"],
                    ),
                    models.Index(fields=["kind", "-since"], name="fraud_blacklist_latest"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["email", "email_domain", "card", "device", "connection", "phone"],
                            )
                        ),
                        name="fraud_blacklist_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("effect__in", ["block", "review", "allow"])),
                        name="fraud_blacklist_effect",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("source", "person"),
                            models.Q(("effect", "review"), ("source", "automatic")),
                            _connector="OR",
                        ),
                        name="fraud_blacklist_automatic_reviews",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "connection"), ("network__isnull", False)),
                            models.Q(
                                models.Q(("kind", "connection"), _negated=True),
                                ("network__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="fraud_blacklist_network",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until", None), ("until__gt", models.F("since")), _connector="OR"
                        ),
                        name="fraud_blacklist_until",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at", None)),
                        fields=("digest", "exact"),
                        name="fraud_blacklist_once",
                    ),
                ],
            },
        ),
        revoke("fraud_blacklist", "DELETE", "TRUNCATE"),
    ]
