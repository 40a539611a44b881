"""The ledger says again: a movement balances when it is committed, and nothing in it ever changes."""

from django.db import migrations

from core.database.rights import revoke

GROWS_ONLY = ("payments_ledgermovement", "payments_ledgerentry", "payments_ledgerseal")

# A movement's entries come in one statement, so that each statement can be judged whole.
BALANCES = """
CREATE FUNCTION payments_ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong uuid;
BEGIN
    SELECT movement_id INTO wrong FROM payments_ledgerentry
        WHERE movement_id IN (SELECT movement_id FROM written)
        GROUP BY movement_id HAVING sum(amount_minor) <> 0 OR count(*) < 2 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the entries of movement % do not balance', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_ledger_balances';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_ledgerentry_balances AFTER INSERT ON payments_ledgerentry
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION payments_ledger_balances();

CREATE FUNCTION payments_ledger_has_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM payments_ledgerentry WHERE movement_id = NEW.id) THEN
        RAISE EXCEPTION 'movement % has no entries', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_ledger_has_entries';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_ledgermovement_has_entries
    AFTER INSERT ON payments_ledgermovement DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION payments_ledger_has_entries();
"""
NO_BALANCES = """
DROP TRIGGER payments_ledgermovement_has_entries ON payments_ledgermovement;
DROP FUNCTION payments_ledger_has_entries();
DROP TRIGGER payments_ledgerentry_balances ON payments_ledgerentry;
DROP FUNCTION payments_ledger_balances();
"""


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
    dependencies = [("payments", "0007_ledger")]

    operations = [
        migrations.RunSQL(BALANCES, NO_BALANCES),
        *[_only_grows(table) for table in GROWS_ONLY],
        *[revoke(table, "UPDATE", "DELETE", "TRUNCATE") for table in GROWS_ONLY],
        revoke("payments_difference", "DELETE", "TRUNCATE"),
    ]
