"""The audit trail can be read, and nothing else."""

import pytest
from django.urls import reverse

from tests.core.audit.test_services import record

pytestmark = pytest.mark.django_db


class TestAuditEntryAdmin:
    def test_lists_and_finds_entries(self, admin_client):
        record("courses.booking:1", action="cancel")
        record("payments.refund:2", action="approve")

        page = admin_client.get(
            reverse("admin:audit_auditentry_changelist"), {"q": "payments.refund"}
        ).content.decode()

        assert "Refund 2" in page
        assert "Booking 1" not in page

    def test_changes_nothing(self, admin_client):
        entry = record()
        address = reverse("admin:audit_auditentry_change", args=[entry.pk])

        assert admin_client.get(address).status_code == 200
        assert admin_client.post(address, {"action": "x"}).status_code == 403
        assert admin_client.get(reverse("admin:audit_auditentry_add")).status_code == 403
