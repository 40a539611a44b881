"""The database itself keeps the trail: for the owner by trigger, for the application by its rights too."""

import pytest
from django.conf import settings
from django.db import DatabaseError, ProgrammingError, connection, transaction

from core.audit.models import AuditEntry
from tests.core.audit.test_services import record

pytestmark = pytest.mark.django_db

CHANGES = (
    "UPDATE audit_auditentry SET action = 'nothing'",
    "DELETE FROM audit_auditentry",
)


@pytest.mark.parametrize("statement", CHANGES)
class TestTrigger:
    def test_refuses_every_change(self, statement):
        entry = record()

        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            connection.cursor().execute(statement)

        assert AuditEntry.objects.get().action == entry.action

    def test_is_what_refuses(self, statement):
        """The twin: without the trigger the same statement passes."""
        record()

        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER audit_rows_only_grow")
            cursor.execute(statement)
            assert cursor.rowcount == 1


class TestTruncate:
    def test_is_refused(self):
        record()

        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            cursor = connection.cursor()
            cursor.execute("SET LOCAL app.allow_truncate = 'off'")
            cursor.execute("TRUNCATE audit_auditentry")

        assert AuditEntry.objects.count() == 1


class TestRights:
    @pytest.mark.parametrize("statement", [*CHANGES, "TRUNCATE audit_auditentry"])
    def test_of_the_application_do_not_reach(self, statement):
        record()

        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            cursor = connection.cursor()
            cursor.execute(f"SET LOCAL ROLE {connection.ops.quote_name(settings.DB_APP_ROLE)}")
            cursor.execute(statement)

        assert AuditEntry.objects.count() == 1
