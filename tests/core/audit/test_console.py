"""The audit trail for staff: who, what, when, why, before and after; filters; and the chain verified."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from core import clock
from core.audit import services, tasks, verifications
from core.audit.models import AuditEntry, Verification
from tests.core.backoffice.staff import of_role

pytestmark = pytest.mark.django_db
LIST = "/admin/audit/auditentry/"


@pytest.fixture
def ops(client):
    client.user = of_role("ops")
    client.force_login(client.user)
    return client


def act(subject="payments.refund:1", *, actor="staff:9", ago=timedelta(), **facts) -> AuditEntry:
    given = {"action": "refund.approved", "reason": "Goodwill", **facts}
    return services.record(subject=subject, actor=actor, now=clock.now() - ago, **given)


def text(client, path=LIST, **question) -> str:
    return " ".join(client.get(path, question).content.decode().split())


class TestList:
    def test_says_who_did_what_and_why(self, ops):
        act(actor=f"staff:{ops.user.pk}")

        page = text(ops)

        for words in ("you", "Refund approved", "Goodwill", "Refund 1"):
            assert words in page

    @pytest.mark.parametrize(
        ("question", "there"),
        [
            ({"when": "today"}, False), ({"when": "week"}, True), ({"about": "payments.refund"}, True),
            ({"about": "sagas.run"}, False), ({"who": "staff:9"}, True), ({"who": "other"}, False),
        ],
    )  # fmt: skip
    def test_filters(self, ops, question, there):
        act(ago=timedelta(days=3), reason="The needle")

        assert ("The needle" in text(ops, **question)) == there

    def test_costs_the_same_for_many(self, ops, django_assert_max_num_queries):
        for number in range(30):
            act(f"payments.refund:{number}", actor=f"staff:{number}")

        with django_assert_max_num_queries(14):
            ops.get(LIST)


class TestPage:
    def test_shows_before_and_after(self, ops):
        entry = act(before={"state": "asked"}, after={"state": "sent", "email": "a@example.org"})

        page = text(ops, reverse("admin:audit_auditentry_change", args=[entry.pk]))

        assert "<td>state</td><td>asked</td><td>sent</td>" in page
        assert "kept as a fingerprint" in page
        assert "a@example.org" not in page


class TestVerify:
    def test_is_asked_for_and_on_record(self, ops):
        act()

        answer = ops.post(reverse("admin:audit_verify"))

        assert answer.url == LIST
        assert "is being verified" in text(ops)
        assert AuditEntry.objects.order_by("id").last().action == "verification asked for"

    def test_says_how_many_are_unbroken_and_since_when(self, ops):
        for number in range(3):
            act(f"payments.refund:{number}", ago=timedelta(days=number))
        verification = verifications.ask(actor="staff:9", now=clock.now())

        tasks.verify(verification_id=verification.pk)

        page = text(ops)
        assert "4 records, unbroken since" in page
        assert "Whole" in page

    def test_finds_what_was_altered_or_taken_out(self, ops):
        act("payments.refund:1")
        act("payments.refund:1")
        act("payments.refund:2")
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")
            cursor.execute(
                "DELETE FROM audit_auditentry WHERE subject LIKE '%%:1' AND sequence = 1"
            )
            cursor.execute("UPDATE audit_auditentry SET reason = 'x' WHERE subject LIKE '%%:2'")
            cursor.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER USER")

        tasks.verify()

        page = text(ops)
        assert Verification.objects.get().breaks == 2
        assert "Broken" in page
        assert "payments.refund:1, record 1: missing" in page
        assert "payments.refund:2, record 1: altered" in page

    def test_has_a_result_without_any_record(self, ops):
        verifications.run(verification_id=None, now=clock.now())

        assert "There was nothing to verify" in text(ops)

    def test_is_not_for_everyone(self, client):
        client.force_login(of_role("office"))
        assert client.get(reverse("admin:audit_verify")).status_code in (403, 405)
        client.logout()

        assert client.post(reverse("admin:audit_verify")).status_code == 302
        assert not Verification.objects.exists()
