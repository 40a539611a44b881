"""A history for each key instead of counts, what a factor saw beside what it weighed, weight sets."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import core.ids
from core.database.rights import revoke

# Profiles are rewritten in place: room on the page keeps an update from touching the index.
ROOM = "ALTER TABLE fraud_keyprofile SET (fillfactor = 70)"
NO_ROOM = "ALTER TABLE fraud_keyprofile RESET (fillfactor)"
STAY = """
CREATE FUNCTION fraud_weights_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the points of weight set % never change', OLD.version
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER fraud_weightsetrow_stays BEFORE UPDATE ON fraud_weightsetrow
    FOR EACH ROW WHEN (OLD.weights IS DISTINCT FROM NEW.weights OR OLD.version <> NEW.version)
    EXECUTE FUNCTION fraud_weights_stay();
"""
FORGET = """
DROP TRIGGER fraud_weightsetrow_stays ON fraud_weightsetrow;
DROP FUNCTION fraud_weights_stay();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0005_blacklist"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeyProfile",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("key_kind", models.CharField(max_length=10)),
                ("state", models.JSONField()),
                (
                    "folded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PendingOutcome",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=64)),
                ("key_kind", models.CharField(max_length=10)),
            ],
        ),
        migrations.CreateModel(
            name="WeightSetRow",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("version", models.CharField(max_length=32, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("live", "Judges payments"),
                            ("shadow", "Runs beside, changes nothing"),
                            ("proposed", "Proposed"),
                            ("retired", "No longer used"),
                        ],
                        default="proposed",
                        max_length=8,
                    ),
                ),
                ("weights", models.JSONField()),
                ("figures", models.JSONField(default=dict)),
                ("proposed_at", models.DateTimeField()),
                ("adopted_at", models.DateTimeField(null=True)),
                ("adopted_by", models.CharField(blank=True, max_length=150)),
            ],
            options={
                "verbose_name": "weight set",
            },
        ),
        # The table itself goes with the next release: the one before still writes it meanwhile.
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name="KeyCount")]
        ),
        migrations.RemoveConstraint(
            model_name="outcome",
            name="fraud_outcome_kind",
        ),
        migrations.AddField(
            model_name="assessment",
            name="shadow",
            field=models.JSONField(
                null=True, verbose_name="what the weight set beside would have said"
            ),
        ),
        migrations.AddField(
            model_name="assessment",
            name="total",
            field=models.FloatField(null=True, verbose_name="sum before rules and cut"),
        ),
        migrations.AddField(
            model_name="assessment",
            name="values",
            field=models.JSONField(null=True, verbose_name="what every factor saw"),
        ),
        migrations.AddField(
            model_name="outcome",
            name="country",
            field=models.CharField(blank=True, db_default="", max_length=2),
        ),
        migrations.AlterField(
            model_name="outcome",
            name="kind",
            field=models.CharField(
                choices=[
                    ("attempt", "Tried"),
                    ("declined", "Refused by the bank"),
                    ("succeeded", "Paid"),
                    ("blocked", "Stopped by us"),
                    ("disputed", "Disputed as fraud"),
                    ("warned", "Called fraud by the bank"),
                    ("refunded_as_fraud", "Refunded as fraud"),
                    ("fraud", "Called fraud by staff"),
                    ("genuine", "Called genuine by staff"),
                    ("matured", "Never disputed"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "attempt",
                            "declined",
                            "succeeded",
                            "blocked",
                            "disputed",
                            "warned",
                            "refunded_as_fraud",
                            "fraud",
                            "genuine",
                            "matured",
                        ],
                    )
                ),
                name="fraud_outcome_kind",
            ),
        ),
        migrations.AddField(
            model_name="pendingoutcome",
            name="outcome",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="fraud.outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="weightsetrow",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "live")),
                fields=("state",),
                name="fraud_weightset_one_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="weightsetrow",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "shadow")),
                fields=("state",),
                name="fraud_weightset_one_shadow",
            ),
        ),
        migrations.AddConstraint(
            model_name="weightsetrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["live", "shadow", "proposed", "retired"])),
                name="fraud_weightset_state",
            ),
        ),
        migrations.AddIndex(
            model_name="pendingoutcome",
            index=models.Index(fields=["key"], name="fraud_pending_key"),
        ),
        migrations.RunSQL(ROOM, NO_ROOM),
        migrations.RunSQL(STAY, FORGET),
        revoke("fraud_weightsetrow", "DELETE", "TRUNCATE"),
    ]
