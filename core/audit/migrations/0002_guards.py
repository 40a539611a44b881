"""The audit trail only grows: by trigger for everyone, by rights for the application."""

from django.db import migrations

from core.database.rights import revoke

FORBID = """
CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('app.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'audit entries are never changed or deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_rows_only_grow BEFORE UPDATE OR DELETE ON audit_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_only_grows();
CREATE TRIGGER audit_table_only_grows BEFORE TRUNCATE ON audit_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows();
"""
ALLOW = """
DROP TRIGGER audit_rows_only_grow ON audit_auditentry;
DROP TRIGGER audit_table_only_grows ON audit_auditentry;
DROP FUNCTION audit_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(FORBID, ALLOW),
        revoke("audit_auditentry", "UPDATE", "DELETE", "TRUNCATE"),
    ]
