"""Two people for large refunds: the one who asks is never the one who approves, here and in the database."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core.errors import Invalid
from courses import selectors as courses
from payments.models import Payment, Refund
from payments.services import refund_approvals, refunds
from payments.services.refusals import NotWaiting
from tests.core.backoffice import staff
from tests.payments import make

pytestmark = pytest.mark.django_db
ASKER, APPROVER = "staff:1", "staff:2"


@pytest.fixture
def payment(sandbox, now):
    on = make.session(now=now, days_ahead=30, capacity=20)
    return make.pay(make.ready(now=now, on=on, places=3), sandbox, now=now)


def ask(payment, now, amount_minor=None, **fields):
    given = {"reason": "policy", "actor": ASKER, "cancel_places": True, "now": now} | fields
    return refunds.request(
        payment_id=payment.pk, amount_minor=amount_minor or payment.captured_minor, **given
    )


def places(payment):
    return sum(each.is_active for each in courses.booking(payment.booking_id).attendees.all())


class TestLimits:
    def test_above_250_pounds_it_waits_and_so_do_the_places(self, sandbox, now, payment):
        refund = ask(payment, now)

        assert (refund.status, refund.needs_approval) == ("requested", True)
        assert places(payment) == 3
        assert sandbox.books()["refunds"] == []

    def test_250_pounds_is_one_person_s(self, now, payment):
        refund = ask(payment, now, 25_000, cancel_places=False)

        assert refund.status == "approved"

    def test_more_than_50_pounds_over_the_policy_waits(self, now, payment):
        late = courses.booking(payment.booking_id).session.starts_at - timedelta(days=1)
        refund = ask(payment, late, 5_001, reason="goodwill", cancel_places=False)

        assert refund.status == "requested"

    def test_past_1000_pounds_a_day_the_next_waits(self, now, payment, settings):
        settings.REFUND_DAY_MINOR = 10_000
        first = ask(payment, now, 9_000, cancel_places=False)
        second = ask(payment, now, 2_000, cancel_places=False)

        assert (first.status, second.status) == ("approved", "requested")

    def test_what_the_site_gives_back_by_itself_waits_for_nobody(self, now, payment):
        assert ask(payment, now, actor="late money").status == "approved"


class TestApprove:
    def test_sends_it_and_cancels_the_places(self, sandbox, now, payment):
        refund = refund_approvals.approve(refund_id=ask(payment, now).pk, actor=APPROVER, now=now)
        make.drive(refund, now=now, name="refund")

        refund.refresh_from_db()
        assert (refund.status, refund.approved_by) == ("succeeded", APPROVER)
        assert places(payment) == 0

    def test_never_one_s_own(self, sandbox, now, payment):
        refund = ask(payment, now)
        with pytest.raises(refund_approvals.NotYourOwn):
            refund_approvals.approve(refund_id=refund.pk, actor=ASKER, now=now)

        refund.refresh_from_db()
        assert refund.status == "requested"

    @pytest.mark.parametrize("by", ["", ASKER])
    def test_the_database_refuses_one_s_own_too(self, now, payment, by):
        refund = ask(payment, now)
        with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
            Refund.objects.filter(pk=refund.pk).update(status="approved", approved_by=by)

        refund.refresh_from_db()
        assert refund.status == "requested"

    def test_once(self, now, payment):
        refund = ask(payment, now)
        refund_approvals.approve(refund_id=refund.pk, actor=APPROVER, now=now)
        with pytest.raises(NotWaiting):
            refund_approvals.approve(refund_id=refund.pk, actor="staff:3", now=now)

        refund.refresh_from_db()
        assert refund.approved_by == APPROVER


class TestQuestion:
    def test_goes_back_and_forth_and_is_approved(self, now, payment):
        refund = ask(payment, now)
        refund_approvals.send_back(refund_id=refund.pk, note="Why?", actor=APPROVER, now=now)
        refund_approvals.ask_again(refund_id=refund.pk, note="Ill.", actor=ASKER, now=now)
        refund_approvals.approve(refund_id=refund.pk, actor=APPROVER, now=now)

        steps = list(refund.transitions.order_by("at", "id").values_list("to_status", flat=True))
        assert steps == ["requested", "sent_back", "requested", "approved"]

    @pytest.mark.parametrize("note", ["", " ", "x" * 501])
    def test_needs_words(self, now, payment, note):
        refund = ask(payment, now)
        with pytest.raises(Invalid):
            refund_approvals.send_back(refund_id=refund.pk, note=note, actor=APPROVER, now=now)

        refund.refresh_from_db()
        assert refund.status == "requested"

    def test_withdrawn_it_frees_its_amount(self, now, payment):
        refund = ask(payment, now)
        with pytest.raises(refund_approvals.OnlyYourOwn):
            refund_approvals.withdraw(refund_id=refund.pk, note="No.", actor=APPROVER, now=now)
        refund_approvals.withdraw(refund_id=refund.pk, note="A slip.", actor=ASKER, now=now)

        assert Payment.objects.get(pk=payment.pk).refunded_minor == 0
        assert places(payment) == 3


class TestPages:
    @pytest.fixture
    def asker(self):
        return staff.of_role("office")

    @pytest.fixture
    def waiting(self, payment, asker, now):
        return ask(payment, now, actor=f"staff:{asker.pk}")

    def page(self, refund):
        return f"/admin/payments/refund/{refund.pk}/approval/"

    def test_an_approver_sees_who_asked_and_sends_it(self, client, waiting):
        client.force_login(staff.of_role("approver"))
        shown = client.get(self.page(waiting)).content.decode()
        client.post(self.page(waiting), {"act": "approve"})

        waiting.refresh_from_db()
        assert "Asked for by office-person" in shown
        assert "Approve and refund £288.00" in shown
        assert waiting.status == "approved"

    def test_the_one_who_asked_can_only_withdraw_it(self, client, waiting, asker):
        client.force_login(asker)
        shown = client.get(self.page(waiting)).content.decode()
        client.post(self.page(waiting), {"act": "approve"})

        waiting.refresh_from_db()
        assert "Approve and" not in shown
        assert "Withdraw it" in shown
        assert waiting.status == "requested"

    def test_the_office_cannot_approve_a_colleague_s(self, client, payment, now):
        refund = ask(payment, now, actor="staff:99")
        client.force_login(staff.of_role("office"))
        shown = client.post(self.page(refund), {"act": "approve"}).content.decode()

        refund.refresh_from_db()
        assert "it needs an approver" in shown
        assert refund.status == "requested"

    def test_a_question_needs_words(self, client, waiting):
        client.force_login(staff.of_role("approver"))
        shown = client.post(self.page(waiting), {"act": "send_back", "note": ""}).content.decode()

        waiting.refresh_from_db()
        assert "Say why" in shown
        assert waiting.status == "requested"

    def test_the_console_says_before_the_button_that_it_will_wait(self, client, payment, asker):
        client.force_login(asker)
        people = courses.booking(payment.booking_id).attendees.all()
        given = {
            "choice": "full",
            "reason": "goodwill",
            "cancel": [str(each.pk) for each in people],
        }
        shown = client.post(f"/admin/payments/payment/{payment.pk}/refund/", given).content.decode()

        assert "Ask for approval" in shown
        assert "approved by a second person" in shown
        assert not Refund.objects.exists()

    def test_the_api_approves_for_approvers_only(self, client, waiting, asker):
        address = f"/api/v1/staff/refunds/{waiting.pk}/approval/"
        given = {"decision": "approve"}
        key = {"HTTP_IDEMPOTENCY_KEY": "0123456789abcdef0123"}
        client.force_login(asker)
        refused = client.post(address, given, content_type="application/json", **key)
        client.force_login(staff.of_role("approver"))
        done = client.post(address, given, content_type="application/json", **key)

        assert (refused.status_code, done.status_code) == (403, 200)
        assert done.json()["status"] == "approved"
