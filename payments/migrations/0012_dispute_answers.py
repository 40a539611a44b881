"""What the cards’ banks are told about disputes, once; and that somebody looked at a warning."""

import django.db.models.deletion
from django.db import migrations, models

import core.crypto.fields
import core.ids
from core.database.rights import revoke

# What payments/models/states.py lists, as pairs; a test compares the two.
ANSWER = (
    ("decided", "in_flight"),
    ("decided", "failed"),
    ("in_flight", "unknown"),
    ("in_flight", "sent"),
    ("in_flight", "failed"),
    ("unknown", "sent"),
    ("unknown", "failed"),
)
ALLOWED = ", ".join(f"'{before}>{after}'" for before, after in ANSWER)

# An answer stays what was decided, and no state comes out of order. Its words are resealed when keys change.
GUARD = f"""
CREATE FUNCTION payments_disputeanswer_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.dispute_id, OLD.kind, OLD.operation_id, OLD.decided_by)
        IS DISTINCT FROM (NEW.dispute_id, NEW.kind, NEW.operation_id, NEW.decided_by) THEN
        RAISE EXCEPTION 'an answer stays what was decided'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_disputeanswer_fixed';
    END IF;
    IF OLD.status <> NEW.status AND (OLD.status || '>' || NEW.status) NOT IN ({ALLOWED}) THEN
        RAISE EXCEPTION '% never goes from % to %', TG_TABLE_NAME, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_disputeanswer_states';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_disputeanswer_guard BEFORE UPDATE ON payments_disputeanswer
    FOR EACH ROW EXECUTE FUNCTION payments_disputeanswer_in_order();
CREATE TRIGGER payments_disputeanswertransition_never_changes
    BEFORE UPDATE OR DELETE ON payments_disputeanswertransition
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
CREATE TRIGGER payments_disputeanswertransition_never_emptied
    BEFORE TRUNCATE ON payments_disputeanswertransition
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_change();
"""
NO_GUARD = """
DROP TRIGGER payments_disputeanswertransition_never_emptied ON payments_disputeanswertransition;
DROP TRIGGER payments_disputeanswertransition_never_changes ON payments_disputeanswertransition;
DROP TRIGGER payments_disputeanswer_guard ON payments_disputeanswer;
DROP FUNCTION payments_disputeanswer_in_order();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0011_webhook_seen_again"),
    ]

    operations = [
        migrations.AddField(
            model_name="fraudwarning",
            name="left_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="fraudwarning",
            name="left_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=150),
        ),
        migrations.CreateModel(
            name="DisputeAnswer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("status", models.CharField(max_length=24)),
                ("changed_at", models.DateTimeField()),
                ("unknown_at", models.DateTimeField(null=True)),
                ("checks", models.PositiveSmallIntegerField(default=0)),
                ("checked_at", models.DateTimeField(null=True)),
                ("check_due_at", models.DateTimeField(null=True)),
                ("absent_at", models.DateTimeField(null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("evidence", "Evidence"), ("accept", "The loss is accepted")],
                        max_length=10,
                    ),
                ),
                ("evidence", core.crypto.fields.SealedJSONField(default=dict)),
                ("note", core.crypto.fields.SealedTextField(blank=True, default="")),
                ("decided_by", models.CharField(max_length=150)),
                ("operation_id", models.CharField(max_length=64, unique=True)),
                ("failure_code", models.CharField(blank=True, default="", max_length=64)),
                ("created_at", models.DateTimeField()),
                (
                    "dispute",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="payments.dispute",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DisputeAnswerTransition",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("from_status", models.CharField(blank=True, max_length=24)),
                ("to_status", models.CharField(max_length=24)),
                ("action", models.CharField(max_length=40)),
                ("actor", models.CharField(max_length=150)),
                ("cause", models.CharField(max_length=120)),
                ("trace_id", models.CharField(blank=True, max_length=32)),
                ("at", models.DateTimeField()),
                (
                    "answer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transitions",
                        to="payments.disputeanswer",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="disputeanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["decided", "in_flight", "unknown", "sent", "failed"])
                ),
                name="payments_disputeanswer_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["evidence", "accept"])),
                name="payments_disputeanswer_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeanswer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "failed"), _negated=True),
                fields=("dispute",),
                name="payments_disputeanswer_one",
            ),
        ),
        migrations.RunSQL(GUARD, NO_GUARD),
        revoke("payments_disputeanswer", "DELETE", "TRUNCATE"),
        revoke("payments_disputeanswertransition", "UPDATE", "DELETE", "TRUNCATE"),
    ]
