"""A dispute from the bank's first word to its last: told on Today, answered once, mirrored as it goes."""

import importlib
import itertools
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.urls import reverse

from core.audit import selectors as audit
from core.errors import Invalid
from courses.services import attendance
from payments.admin import today
from payments.models import (
    AnswerStatus,
    Dispute,
    DisputeAnswer,
    DisputeStatus,
    GatewayCall,
    Payment,
    Refund,
    WebhookEvent,
)
from payments.models import states as tables
from payments.models.gateway_call import KEY_LIFETIME
from payments.services import dispute_answers, dispute_evidence, refunds
from payments.services.dispute_answers import AnsweredAlready, NothingToAnswer
from payments.services.refusals import DisputeOpen, RefundExceedsPayment
from tests.core.backoffice import staff
from tests.outbox_tools import drain_outbox
from tests.payments import make
from tests.payments.test_webhooks import tell

guards = importlib.import_module("payments.migrations.0012_dispute_answers")
pytestmark = pytest.mark.django_db

WORDS = {"product_description": "A first aid course", "uncategorized_text": "winning_evidence"}
DISPUTES = "/v1/disputes/*"
BY = {"actor": "staff:1"}
ANSWER_CELLS = {
    ("decided", "send"): "in_flight", ("decided", "fail"): "failed",
    ("in_flight", "succeed"): "sent", ("in_flight", "fail"): "failed",
    ("in_flight", "lose_sight"): "unknown",
    ("unknown", "succeed"): "sent", ("unknown", "fail"): "failed",
}  # fmt: skip


@pytest.fixture
def payment(sandbox, now):
    paid = make.paid(sandbox, now=now)
    drain_outbox()
    return paid


@pytest.fixture
def dispute(sandbox, now, payment):
    return opened(sandbox, now, payment)


def opened(sandbox, now, payment, **order):
    made = sandbox.dispute(payment_intent=payment.gateway_id, **order)
    hear(sandbox, now)
    return Dispute.objects.get(gateway_id=made["id"])


def hear(sandbox, now):
    """Every new message about disputes, the newest first: the order is the gateway's affair."""
    known = set(WebhookEvent.objects.values_list("event_id", flat=True))
    for event in reversed(sandbox.events()):
        if event["type"].startswith("charge.dispute.") and event["id"] not in known:
            tell(event, now)


def send(answer, now, **ahead):
    run = make.drive(answer, now=now + timedelta(**ahead), name=dispute_answers.SAGA)
    answer.refresh_from_db()
    return run


def there(sandbox, dispute):
    return sandbox.api("GET", f"disputes/{dispute.gateway_id}")


class TestStates:
    def test_of_an_answer_are_these_in_every_cell(self):
        actions = {action for _, action in tables.ANSWER}

        for cell in itertools.product(AnswerStatus.values, actions):
            assert tables.ANSWER.get(cell) == ANSWER_CELLS.get(cell), cell

    def test_of_an_answer_are_those_of_the_trigger(self):
        assert {(a, str(b)) for (a, _), b in tables.ANSWER.items()} == set(guards.ANSWER)

    def test_come_to_the_same_whatever_was_before(self, sandbox, now, payment):
        dispute = opened(sandbox, now, payment, inquiry=True)
        assert dispute.status == DisputeStatus.WARNING_NEEDS_RESPONSE

        for status in ("needs_response", "under_review", "won"):
            sandbox.move_dispute(dispute.gateway_id, status)
        hear(sandbox, now)

        dispute.refresh_from_db()
        assert dispute.status == "won"
        assert not dispute.needs_answer

    def test_prevented_and_closed_are_mirrored_too(self, sandbox, now, payment):
        first = opened(sandbox, now, payment, inquiry=True)
        second = opened(sandbox, now, payment, amount=1000)
        sandbox.move_dispute(first.gateway_id, "warning_closed")
        sandbox.move_dispute(second.gateway_id, "prevented")
        hear(sandbox, now)

        states = set(payment.disputes.values_list("status", flat=True))
        assert states == {"warning_closed", "prevented"}

    def test_a_day_that_the_bank_moved_is_taken_over(self, now, payment):
        dispute = make.dispute(payment, now=now)

        dispute.mirror(dispute.status, evidence_due_at=now + timedelta(days=3), now=now)

        dispute.refresh_from_db()
        assert dispute.evidence_due_at == now + timedelta(days=3)

    def test_several_on_one_charge_are_each_their_own(self, sandbox, now, payment):
        first = opened(sandbox, now, payment, amount=1000)
        second = opened(sandbox, now, payment, amount=2000, reason="duplicate")
        sandbox.move_dispute(first.gateway_id, "won")
        hear(sandbox, now)

        with pytest.raises(DisputeOpen):
            refunds.request(
                payment_id=payment.id, amount_minor=100, reason="goodwill", actor="o", now=now
            )
        assert {each.status for each in payment.disputes.all()} == {"won", "needs_response"}
        assert second.reason_in_words == "Charged twice"
        assert not Refund.objects.exists()


class TestEvidence:
    def test_is_drawn_from_our_own_records(self, sandbox, now, dispute):
        gathered = dispute_evidence.gather(dispute, now=now)

        booking = dispute.payment.booking
        words, facts = gathered.words, {fact.title: fact for fact in gathered.facts}
        assert set(words) == set(dispute_answers.FIELDS)
        assert booking.reference in words["product_description"]
        assert words["customer_email_address"] == booking.customer.email
        assert words["customer_purchase_ip"] == "192.0.2.7"
        assert "begin payment" in words["access_activity_log"]
        assert "comes back" in words["cancellation_policy_disclosure"]
        assert facts["Booking"].found
        assert not facts["Confirmation"].found, "it was queued, and no server took it"
        assert facts["3-D Secure"].words == dispute_evidence.NOT_ASKED

    def test_counts_a_mail_once_a_server_took_it(self, now, dispute):
        from core.mail.models import Message

        Message.objects.filter(kind="courses.confirmation").update(state="sent", sent_at=now)

        gathered = dispute_evidence.gather(dispute, now=now)

        assert (
            "Confirmation: Taken by the customer’s mail server"
            in gathered.words["uncategorized_text"]
        )
        assert "confirmation mailed" in gathered.words["access_activity_log"]

    def test_says_who_came(self, now, dispute):
        session = dispute.payment.booking.session
        person, day = dispute.payment.booking.attendees.first(), session.days.first()
        after = session.ends_at + timedelta(hours=1)
        before = {fact.title: fact for fact in dispute_evidence.gather(dispute, now=after).facts}
        assert not before["Attendance"].found

        attendance.mark(
            session_id=session.pk, attendee_id=person.pk, day_id=day.pk, mark="present",
            seen="expected", actor="staff:1", now=after,
        )  # fmt: skip

        facts = {fact.title: fact for fact in dispute_evidence.gather(dispute, now=after).facts}
        assert facts["Attendance"].found
        assert f"{person.name} on" in facts["Attendance"].words


class TestSendEvidence:
    def test_tells_the_bank_once_and_says_so(self, sandbox, now, dispute):
        answer = dispute_answers.send_evidence(
            dispute_id=dispute.id, evidence={**WORDS, "service_date": " "}, now=now, **BY
        )
        assert there(sandbox, dispute)["status"] == "needs_response"

        run = send(answer, now)

        dispute.refresh_from_db()
        told = there(sandbox, dispute)
        assert run.state == "completed"
        assert (answer.status, dispute.status) == (AnswerStatus.SENT, "under_review")
        assert told["evidence"]["product_description"] == "A first aid course"
        assert told["evidence"]["service_date"] is None
        assert told["evidence_details"]["submission_count"] == 1
        assert [entry.action for entry in audit.history(f"payments.dispute:{dispute.id}")] == [
            "dispute.evidence", "dispute.answer_sent",
        ]  # fmt: skip

    def test_is_decided_by_the_bank_and_mirrored(self, sandbox, now, dispute):
        send(
            dispute_answers.send_evidence(dispute_id=dispute.id, evidence=WORDS, now=now, **BY), now
        )

        sandbox.advance(10)
        hear(sandbox, now)

        dispute.refresh_from_db()
        assert dispute.status == "won"

    def test_the_second_person_is_refused(self, now, dispute):
        dispute_answers.send_evidence(dispute_id=dispute.id, evidence=WORDS, now=now, **BY)

        with pytest.raises(AnsweredAlready):
            dispute_answers.accept(dispute_id=dispute.id, note="mine", actor="staff:2", now=now)

        assert DisputeAnswer.objects.count() == 1

    def test_the_database_knows_one_answer(self, now, dispute):
        DisputeAnswer.decide(
            dispute=dispute, kind="evidence", evidence=WORDS, note="", actor="a", now=now
        )

        with pytest.raises(DatabaseError, match="payments_disputeanswer_one"), transaction.atomic():
            DisputeAnswer.decide(
                dispute=dispute, kind="accept", evidence={}, note="n", actor="b", now=now
            )

    @pytest.mark.parametrize(
        "evidence",
        [{}, {"uncategorized_text": "  "}, {"receipt": "file_1"}, {"service_date": "x" * 20_001}],
    )
    def test_refuses_what_the_bank_would(self, now, dispute, evidence):
        with pytest.raises(Invalid):
            dispute_answers.send_evidence(dispute_id=dispute.id, evidence=evidence, now=now, **BY)

        assert not DisputeAnswer.objects.exists()

    def test_refuses_a_dispute_that_waits_for_nothing(self, sandbox, now, dispute):
        sandbox.move_dispute(dispute.gateway_id, "lost")
        hear(sandbox, now)

        with pytest.raises(NothingToAnswer):
            dispute_answers.send_evidence(dispute_id=dispute.id, evidence=WORDS, now=now, **BY)

    def test_tells_nothing_once_it_was_answered_at_stripe(self, sandbox, now, dispute):
        answer = dispute_answers.send_evidence(dispute_id=dispute.id, evidence=WORDS, now=now, **BY)
        sandbox.move_dispute(dispute.gateway_id, "under_review")
        hear(sandbox, now)

        run = send(answer, now)

        assert (run.state, answer.status) == ("completed", AnswerStatus.FAILED)
        assert answer.failure_code == "answered_elsewhere"
        assert not GatewayCall.objects.filter(operation_id=answer.operation_id).exists()


class TestAccept:
    def test_loses_it_for_good(self, sandbox, now, dispute):
        answer = dispute_answers.accept(dispute_id=dispute.id, note="he is right", now=now, **BY)

        send(answer, now)

        dispute.refresh_from_db()
        assert (answer.status, dispute.status) == (AnswerStatus.SENT, "lost")
        assert there(sandbox, dispute)["status"] == "lost"

    @pytest.mark.parametrize("how", ["accepted", "lost at the bank"])
    def test_what_it_took_is_not_given_back_as_well(self, sandbox, now, dispute, payment, how):
        if how == "accepted":
            send(
                dispute_answers.accept(dispute_id=dispute.id, note="he is right", now=now, **BY),
                now,
            )
        else:
            sandbox.move_dispute(dispute.gateway_id, "lost")
        hear(sandbox, now)
        drain_outbox()

        with pytest.raises(RefundExceedsPayment):
            refunds.request(
                payment_id=payment.id, amount_minor=1, reason="goodwill", actor="staff:1", now=now
            )

        payment.refresh_from_db()
        assert (payment.refundable.minor, payment.refunded_minor) == (0, 0)
        assert sandbox.books()["refunds"] == []

    def test_needs_a_reason(self, now, dispute):
        with pytest.raises(Invalid):
            dispute_answers.accept(dispute_id=dispute.id, note=" ", now=now, **BY)


class TestLostAnswer:
    """The request may have arrived: it is `unknown` until the gateway says."""

    @pytest.fixture
    def answer(self, now, dispute):
        return dispute_answers.send_evidence(dispute_id=dispute.id, evidence=WORDS, now=now, **BY)

    def test_that_was_carried_out_is_found_and_not_sent_twice(self, sandbox, now, dispute, answer):
        sandbox.fault("drop_after", path=DISPUTES, method="POST", times=1)
        send(answer, now)
        assert answer.status == AnswerStatus.UNKNOWN

        run = send(answer, now, minutes=1)

        told = there(sandbox, dispute)
        assert (run.state, answer.status) == ("completed", AnswerStatus.SENT)
        assert told["evidence_details"]["submission_count"] == 1
        assert GatewayCall.objects.filter(operation_id=answer.operation_id).count() == 1

    def test_that_never_arrived_is_proved_absent_and_may_be_given_again(
        self, sandbox, now, dispute, answer
    ):
        sandbox.fault("error_before", path=DISPUTES, method="POST", times=9)
        send(answer, now)

        for minutes in (1, 3, 15, 30, 60):
            if answer.is_open:
                run = send(answer, now, minutes=minutes)

        assert (run.state, answer.status) == ("completed", AnswerStatus.FAILED)
        assert answer.failure_code == "never_arrived"
        assert there(sandbox, dispute)["status"] == "needs_response"
        again = dispute_answers.send_evidence(dispute_id=dispute.id, evidence=WORDS, now=now, **BY)
        assert again.operation_id != answer.operation_id

    def test_an_old_key_is_never_sent_again(self, sandbox, now, dispute, answer):
        sandbox.fault("drop_after", path=DISPUTES, method="POST", times=1)
        send(answer, now)
        sends = GatewayCall.objects.get(operation_id=answer.operation_id).sends

        send(answer, now + KEY_LIFETIME, minutes=5)

        assert answer.status == AnswerStatus.SENT
        assert GatewayCall.objects.get(operation_id=answer.operation_id).sends == sends


class TestToday:
    def test_counts_what_nobody_answered_with_the_first_day(self, sandbox, now, dispute):
        count = today.disputes_to_answer(now)
        assert (count.number, count.urgent) == (1, False)
        assert "First one by" in count.note
        assert today.disputes_to_answer(dispute.evidence_due_at - timedelta(hours=47)).urgent

        dispute_answers.send_evidence(dispute_id=dispute.id, evidence=WORDS, now=now, **BY)

        assert today.disputes_to_answer(now).number == 0

    def test_a_warning_proposes_a_refund_until_somebody_decides(self, sandbox, now):
        payment = warned(sandbox, now)

        assert today.called_fraud(now).number == 1
        assert Payment.objects.get(pk=payment.pk).refunded_minor == 0, "a proposal, not an act"


def warned(sandbox, now):
    payment = make.pay(make.ready(now=now), sandbox, "pm_card_createIssuerFraudRecord", now=now)
    for event in sandbox.events("radar.early_fraud_warning.created"):
        tell(event, now)
    return payment


@pytest.fixture
def office(client) -> User:
    person = staff.of_role("office")
    client.force_login(person)
    return person


class TestPages:
    def console(self, dispute):
        return reverse("admin:payments_dispute_console", args=[dispute.pk])

    def test_answer_in_two_steps_and_once(self, client, office, sandbox, now, dispute):
        page = client.get(self.console(dispute)).content.decode()
        assert "What our records say" in page
        assert dispute.payment.booking.reference in page

        form = {"kind": "evidence", "product_description": "Our <b>words</b>"}
        preview = client.post(self.console(dispute), form).content.decode()
        assert "This is what the bank will read" in preview
        assert "Our &lt;b&gt;words&lt;/b&gt;" in preview
        assert not DisputeAnswer.objects.exists()

        key = {"idempotency_key": "k" * 32}
        for _ in range(2):
            client.post(self.console(dispute), form | {"confirmed": "yes"} | key)
        answer = DisputeAnswer.objects.get()
        assert answer.evidence == {"product_description": "Our <b>words</b>"}
        assert answer.decided_by == f"staff:{office.pk}"
        after = client.get(self.console(dispute)).content.decode()
        assert "can’t be changed" in after
        assert "See what the bank will read" not in after

    def test_accept_needs_a_reason_and_keeps_what_was_typed(self, client, office, dispute):
        page = client.post(self.console(dispute), {"kind": "accept", "note": ""})
        assert "This field is required" in page.content.decode()

        client.post(
            self.console(dispute), {"kind": "accept", "note": "he is right", "confirmed": "yes"}
        )
        assert DisputeAnswer.objects.get().kind == "accept"

    def test_list_has_what_waits_first_in_few_statements(
        self, client, office, sandbox, now, dispute, django_assert_max_num_queries
    ):
        for number in range(3):
            make.dispute(dispute.payment, now=now + timedelta(minutes=number), status="won")

        with django_assert_max_num_queries(14):
            page = client.get(reverse("admin:payments_dispute_changelist")).content.decode()

        assert page.index("Needs an answer") < page.index("No answer needed")
        change = client.get(reverse("admin:payments_dispute_change", args=[dispute.pk]))
        assert "The cardholder did not pay this" in change.content.decode()

    def test_ops_may_look_and_not_answer(self, client, dispute):
        client.force_login(staff.of_role("ops"))

        assert client.get(reverse("admin:payments_dispute_changelist")).status_code == 200
        assert client.get(self.console(dispute)).status_code == 403

    def test_a_warning_leads_to_the_refund_or_is_left_with_a_reason(
        self, client, office, sandbox, now
    ):
        payment = warned(sandbox, now)
        warning = payment.fraud_warnings.get()
        address = reverse("admin:payments_fraudwarning_decision", args=[warning.pk])

        page = client.get(address).content.decode()
        proposal = reverse("admin:payments_payment_refund", args=[payment.pk]) + "?proposal=fraud"
        assert proposal in page
        console = client.get(proposal).content.decode()
        assert 'value="fraud" selected' in console

        assert "required" in client.post(address, {"note": ""}).content.decode()
        client.post(address, {"note": "spoke to her"})
        warning.refresh_from_db()
        assert warning.left_by == f"staff:{office.pk}"
        assert today.called_fraud(now).number == 0
        assert "Somebody has looked" in client.post(address, {"note": "again"}).content.decode()
