"""S90: what one member of staff can't do alone. Limits and the second person have their own tests in payments."""

import pytest

from core.audit.models import AuditEntry
from tests.security import world

pytestmark = pytest.mark.django_db


class TestOnePerson:
    @pytest.mark.parametrize("role", ["new", "office", "ops"])
    def test_s90_decides_no_refund_without_being_an_approver(self, role):
        shop = world.build()
        refund = shop.values("api:refund-approval")["refund_id"]

        answer = world.client_of(role).post(
            f"/api/v1/staff/refunds/{refund}/approval/",
            {"decision": "approve"},
            content_type="application/json",
            headers={"Idempotency-Key": "one-person-alone-1"},
        )

        assert answer.status_code == 403

    @pytest.mark.parametrize("role", ["new", "ops"])
    def test_s90_takes_no_list_of_customers_away_that_is_not_theirs(self, role):
        world.build()
        client = world.client_of(role)

        assert client.get("/admin/fraud/blacklistentry/export/").status_code == 403
        assert client.post("/admin/invoicing/document/", {"action": "export"}).status_code == 403

    @pytest.mark.parametrize("role", ["office", "approver", "ops"])
    def test_s90_gives_nobody_a_role(self, role):
        world.build()

        assert world.client_of(role).get("/admin/auth/user/").status_code == 403
        assert world.client_of(role).get("/admin/auth/user/add/").status_code == 403

    def test_s90_cannot_take_back_what_the_audit_says(self):
        shop = world.build()
        AuditEntry.objects.create(
            subject="courses.booking:1", sequence=1, action="seen", actor="staff:1",
            at=world.clock.now(), previous_hash="0" * 64, hash="1" * 64,
        )  # fmt: skip
        client, path = (
            world.client_of("owner"),
            f"/admin/audit/auditentry/{world.row_of('audit.auditentry')}/",
        )

        assert client.post(f"{path}change/", {"action": "nothing"}).status_code == 403
        assert client.post(f"{path}delete/", {"post": "yes"}).status_code == 403
        assert AuditEntry.objects.filter(action="seen").count() == 1
        assert shop.sold.pk
