"""Issued papers never change, and a number comes from its counter: said by the database itself."""

from django.db import migrations

from core.database.rights import revoke

NEVER_CHANGES = """
    CREATE FUNCTION invoicing_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'TRUNCATE' AND current_setting('app.allow_truncate', true) = 'on' THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION '% never changes: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER invoicing_document_never_changes BEFORE UPDATE OR DELETE ON invoicing_document
        FOR EACH ROW EXECUTE FUNCTION invoicing_never_changes();
    CREATE TRIGGER invoicing_document_never_emptied BEFORE TRUNCATE ON invoicing_document
        FOR EACH STATEMENT EXECUTE FUNCTION invoicing_never_changes();
    CREATE TRIGGER invoicing_file_never_changes BEFORE UPDATE OR DELETE ON invoicing_file
        FOR EACH ROW EXECUTE FUNCTION invoicing_never_changes();
    CREATE TRIGGER invoicing_file_never_emptied BEFORE TRUNCATE ON invoicing_file
        FOR EACH STATEMENT EXECUTE FUNCTION invoicing_never_changes();
"""

NEVER_CHANGES_BACK = """
    DROP TRIGGER invoicing_document_never_changes ON invoicing_document;
    DROP TRIGGER invoicing_document_never_emptied ON invoicing_document;
    DROP TRIGGER invoicing_file_never_changes ON invoicing_file;
    DROP TRIGGER invoicing_file_never_emptied ON invoicing_file;
    DROP FUNCTION invoicing_never_changes();
"""

# A document may only bear a number that its counter has given out, and a counter only counts up, one by one.
NUMBERS = """
    CREATE FUNCTION invoicing_number_was_taken() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM invoicing_counter
            WHERE series = NEW.series AND year = NEW.year AND last_number >= NEW.number
                AND last_issued_at >= NEW.issued_at
        ) THEN
            RAISE EXCEPTION '%-%-% was not taken from its counter', NEW.series, NEW.year, NEW.number
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER invoicing_document_number_was_taken BEFORE INSERT ON invoicing_document
        FOR EACH ROW EXECUTE FUNCTION invoicing_number_was_taken();

    CREATE FUNCTION invoicing_counter_counts_up() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND NEW.series = OLD.series AND NEW.year = OLD.year
            AND NEW.last_number = OLD.last_number + 1 AND NEW.last_issued_at >= OLD.last_issued_at THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a counter only counts up: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER invoicing_counter_counts_up BEFORE UPDATE OR DELETE ON invoicing_counter
        FOR EACH ROW EXECUTE FUNCTION invoicing_counter_counts_up();
"""

NUMBERS_BACK = """
    DROP TRIGGER invoicing_document_number_was_taken ON invoicing_document;
    DROP FUNCTION invoicing_number_was_taken();
    DROP TRIGGER invoicing_counter_counts_up ON invoicing_counter;
    DROP FUNCTION invoicing_counter_counts_up();
"""


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0001_initial")]

    operations = [
        migrations.RunSQL(NEVER_CHANGES, NEVER_CHANGES_BACK),
        migrations.RunSQL(NUMBERS, NUMBERS_BACK),
        revoke("invoicing_document", "UPDATE", "DELETE", "TRUNCATE"),
        revoke("invoicing_file", "UPDATE", "DELETE", "TRUNCATE"),
        revoke("invoicing_counter", "DELETE", "TRUNCATE"),
    ]
