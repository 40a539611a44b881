"""What is judged, stopped and decided stays as it was: by trigger for everybody, by rights for the application."""

from django.db import migrations

from core.database.rights import revoke

FOREVER = ("fraud_assessment", "fraud_attempts", "fraud_reviewtransition", "fraud_outcome")

REFUSE = """
CREATE FUNCTION fraud_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('app.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% never changes: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""

DECIDED_ONCE = """
CREATE FUNCTION fraud_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'open' AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'review case % is already %', OLD.id, OLD.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fraud_reviewcase_decided_once BEFORE UPDATE OF state ON fraud_reviewcase
    FOR EACH ROW EXECUTE FUNCTION fraud_decided_once();
"""

FORGET = """
DROP TRIGGER fraud_reviewcase_decided_once ON fraud_reviewcase;
DROP FUNCTION fraud_decided_once();
"""


def _triggers(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_never_changes BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION fraud_refuse_change();
        CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION fraud_refuse_change();
        """,
        f"""
        DROP TRIGGER {table}_never_emptied ON {table};
        DROP TRIGGER {table}_never_changes ON {table};
        """,
    )


class Migration(migrations.Migration):
    dependencies = [("fraud", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION fraud_refuse_change()"),
        *[_triggers(table) for table in FOREVER],
        *[revoke(table, "UPDATE", "DELETE", "TRUNCATE") for table in FOREVER],
        migrations.RunSQL(DECIDED_ONCE, FORGET),
        revoke("fraud_reviewcase", "DELETE", "TRUNCATE"),
    ]
