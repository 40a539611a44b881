"""The database says again: no state out of order, history only grows, what was sent stays as it was sent."""

from django.db import migrations

from core.database.rights import revoke

# What payments/models/states.py lists, as pairs; a test compares the two. A dispute mirrors the gateway's
# object, so that any state may follow any other.
PAYMENT = (
    ("created", "in_flight"),
    ("created", "blocked"),
    ("created", "cancelled"),
    ("in_flight", "requires_action"),
    ("in_flight", "processing"),
    ("in_flight", "authorised"),
    ("in_flight", "failed"),
    ("in_flight", "cancelled"),
    ("in_flight", "unknown"),
    ("requires_action", "authorised"),
    ("requires_action", "failed"),
    ("requires_action", "cancelled"),
    ("requires_action", "unknown"),
    ("requires_action", "in_flight"),
    ("processing", "authorised"),
    ("processing", "failed"),
    ("processing", "cancelled"),
    ("processing", "unknown"),
    ("processing", "in_flight"),
    ("authorised", "capturing"),
    ("authorised", "cancelled"),
    ("authorised", "lapsed"),
    ("capturing", "succeeded"),
    ("capturing", "cancelled"),
    ("capturing", "lapsed"),
    ("capturing", "unknown"),
    ("unknown", "requires_action"),
    ("unknown", "processing"),
    ("unknown", "authorised"),
    ("unknown", "succeeded"),
    ("unknown", "failed"),
    ("unknown", "cancelled"),
    ("unknown", "lapsed"),
)
REFUND = (
    ("requested", "approved"),
    ("requested", "sent_back"),
    ("requested", "rejected"),
    ("sent_back", "requested"),
    ("approved", "in_flight"),
    ("approved", "rejected"),
    ("in_flight", "unknown"),
    ("in_flight", "pending"),
    ("in_flight", "succeeded"),
    ("in_flight", "failed"),
    ("unknown", "pending"),
    ("unknown", "succeeded"),
    ("unknown", "failed"),
    ("pending", "succeeded"),
    ("pending", "failed"),
    ("succeeded", "failed"),
    ("failed", "settled_by_hand"),
)
HISTORIES = (
    "payments_paymenttransition",
    "payments_refundtransition",
    "payments_disputetransition",
)
KEPT = ("payments_payment", "payments_refund", "payments_dispute", "payments_gatewaycall")

HISTORY = """
CREATE FUNCTION payments_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('app.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% only grows: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""

INTENT = """
CREATE FUNCTION payments_refuse_other_intent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an intent keeps its key, its parameters and its first moment'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_gatewaycall_fixed';
END $$;
CREATE TRIGGER payments_gatewaycall_fixed
    BEFORE UPDATE ON payments_gatewaycall
    FOR EACH ROW WHEN (
        (OLD.key, OLD.operation_id, OLD.verb, OLD.params_hash, OLD.first_sent_at)
        IS DISTINCT FROM (NEW.key, NEW.operation_id, NEW.verb, NEW.params_hash, NEW.first_sent_at)
        OR NEW.sends < OLD.sends
    )
    EXECUTE FUNCTION payments_refuse_other_intent();
"""
NO_INTENT = """
DROP TRIGGER payments_gatewaycall_fixed ON payments_gatewaycall;
DROP FUNCTION payments_refuse_other_intent();
"""


def _states(table: str, pairs: tuple[tuple[str, str], ...]) -> migrations.RunSQL:
    allowed = ", ".join(f"'{before}>{after}'" for before, after in pairs)
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {table}_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (OLD.status || '>' || NEW.status) NOT IN ({allowed}) THEN
                RAISE EXCEPTION '% never goes from % to %', TG_TABLE_NAME, OLD.status, NEW.status
                    USING ERRCODE = 'check_violation', CONSTRAINT = '{table}_states';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER {table}_states BEFORE UPDATE OF status ON {table}
            FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION {table}_in_order();
        """,
        f"""
        DROP TRIGGER {table}_states ON {table};
        DROP FUNCTION {table}_in_order();
        """,
    )


def _only_grows(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_never_changes BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
        CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_change();
        """,
        f"""
        DROP TRIGGER {table}_never_emptied ON {table};
        DROP TRIGGER {table}_never_changes ON {table};
        """,
    )


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        _states("payments_payment", PAYMENT),
        _states("payments_refund", REFUND),
        migrations.RunSQL(HISTORY, "DROP FUNCTION payments_refuse_change()"),
        *[_only_grows(table) for table in HISTORIES],
        migrations.RunSQL(INTENT, NO_INTENT),
        *[revoke(table, "UPDATE", "DELETE", "TRUNCATE") for table in HISTORIES],
        *[revoke(table, "DELETE", "TRUNCATE") for table in KEPT],
    ]
