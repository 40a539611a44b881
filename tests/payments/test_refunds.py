"""Giving money back: reserved before it is sent, never more than was taken, ended by the gateway's word."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core.errors import Invalid
from core.sagas import services as interventions
from core.sagas.models import SagaRun
from fraud.models import Outcome
from invoicing import selectors as invoicing
from payments.gateways.base import GatewayDispute, Unreachable
from payments.models import GatewayCall, Refund, RefundStatus
from payments.services import disputes, refund_sending, refunds
from payments.services.refusals import (
    DisputeOpen,
    NotRefundable,
    RefundExceedsPayment,
    TriedAgain,
)
from tests.outbox_tools import drain_outbox
from tests.payments import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(sandbox, now):
    return make.paid(sandbox, now=now, places=2)


def ask(payment, now, amount_minor=None, **fields):
    given = {"reason": "goodwill", "actor": "olive", "now": now} | fields
    return refunds.request(
        payment_id=payment.id,
        amount_minor=payment.captured_minor if amount_minor is None else amount_minor,
        **given,
    )


def send(refund, now, **ahead):
    make.drive(refund, now=now + timedelta(**ahead), name="refund")
    refund.refresh_from_db()
    return refund


class TestRequest:
    def test_sends_all_of_it_back(self, sandbox, now, payment):
        refund = send(ask(payment, now), now)

        payment.refresh_from_db()
        [made] = sandbox.books()["refunds"]
        assert refund.status == RefundStatus.SUCCEEDED
        assert made["id"] == refund.gateway_id
        assert made["amount"] == payment.refunded_minor == payment.captured_minor
        assert made["metadata"]["operation_id"] == refund.operation_id

    def test_parts_add_up_to_the_whole(self, sandbox, now, payment):
        send(ask(payment, now, 5000), now)
        send(ask(payment, now, payment.captured_minor - 5000), now)

        payment.refresh_from_db()
        assert payment.refundable.minor == 0
        assert sandbox.books()["charges"][0]["amount_refunded"] == payment.captured_minor

    @pytest.mark.parametrize(
        ("reason", "stripe_reason"),
        [
            ("policy", "requested_by_customer"),
            ("we_cancelled", "requested_by_customer"),
            ("goodwill", "requested_by_customer"),
            ("wrong_amount", "requested_by_customer"),
            ("duplicate", "duplicate"),
            ("fraud", "fraudulent"),
        ],
    )
    def test_tells_stripe_its_reason(self, sandbox, now, payment, reason, stripe_reason):
        send(ask(payment, now, 100, reason=reason), now)

        assert sandbox.books()["refunds"][0]["reason"] == stripe_reason

    @pytest.mark.parametrize(("reason", "learned"), [("fraud", 1), ("goodwill", 0)])
    def test_teaches_fraud_what_went_back_because_of_fraud(
        self, sandbox, now, payment, reason, learned
    ):
        send(ask(payment, now, 100, reason=reason), now)
        send(ask(payment, now, 100, reason=reason), now)

        labels = Outcome.objects.filter(payment_id=payment.id, kind="refunded_as_fraud")
        assert labels.count() == learned

    def test_cancels_the_places_with_the_decision(self, sandbox, now, payment):
        ask(payment, now, reason="we_cancelled", cancel_places=True)

        payment.booking.refresh_from_db()
        assert payment.booking.status == "cancelled"

    def test_keeps_the_places_otherwise(self, sandbox, now, payment):
        ask(payment, now)

        payment.booking.refresh_from_db()
        assert payment.booking.status == "confirmed"

    def test_can_cancel_one_place_of_several(self, sandbox, now, payment):
        [first, _] = payment.booking.attendees.order_by("position")

        ask(payment, now, 9600, cancel_places=True, attendee_ids=[first.id])

        payment.booking.refresh_from_db()
        first.refresh_from_db()
        assert payment.booking.places == 1
        assert not first.is_active

    @pytest.mark.parametrize("amount_minor", [0, -1, 1.5, True, "100", None])
    def test_refuses_what_is_no_amount(self, sandbox, now, payment, amount_minor):
        with pytest.raises(Invalid):
            refunds.request(
                payment_id=payment.id,
                amount_minor=amount_minor,
                reason="goodwill",
                actor="olive",
                now=now,
            )

        assert not Refund.objects.exists()

    def test_refuses_more_than_was_paid(self, sandbox, now, payment):
        with pytest.raises(RefundExceedsPayment):
            ask(payment, now, payment.captured_minor + 1)

        payment.refresh_from_db()
        assert payment.refunded_minor == 0
        assert not Refund.objects.exists()
        assert not GatewayCall.objects.filter(verb="refund").exists()

    def test_counts_what_is_still_on_its_way(self, sandbox, now, payment):
        ask(payment, now, payment.captured_minor - 100)

        with pytest.raises(RefundExceedsPayment):
            ask(payment, now, 101)

        assert Refund.objects.count() == 1

    def test_refuses_a_payment_that_was_not_taken(self, sandbox, now):
        payment = make.pay(make.ready(now=now), sandbox, "pm_card_authenticationRequired", now=now)

        with pytest.raises(NotRefundable):
            ask(payment, now, 100)

        assert not Refund.objects.exists()

    def test_refuses_an_unknown_reason(self, sandbox, now, payment):
        for reason in ("external", "because", ""):
            with pytest.raises(Invalid):
                ask(payment, now, 100, reason=reason)

        assert not Refund.objects.exists()

    def test_gets_a_credit_note(self, sandbox, now, payment):
        drain_outbox()

        send(ask(payment, now), now)
        drain_outbox()

        kinds = [each.kind for each in invoicing.documents_of(payment.booking_id)]
        assert sorted(kinds) == ["credit_note", "invoice"]


class TestDispute:
    def test_bars_refunds_while_open(self, sandbox, now, payment):
        dispute = make.dispute(payment, now=now)

        with pytest.raises(DisputeOpen):
            ask(payment, now)

        payment.refresh_from_db()
        assert payment.refunded_minor == 0
        dispute.mirror("won", evidence_due_at=None, now=now)
        assert ask(payment, now).status == RefundStatus.APPROVED

    def test_that_opens_before_sending_stops_it(self, sandbox, now, payment):
        refund = ask(payment, now)
        make.dispute(payment, now=now)

        send(refund, now)

        payment.refresh_from_db()
        assert refund.status == RefundStatus.REJECTED
        assert payment.refunded_minor == 0
        assert sandbox.books()["refunds"] == []

    def test_that_stopped_it_and_is_won_leaves_it_to_a_person(self, sandbox, now, payment):
        stopped = ask(payment, now)
        dispute = make.dispute(payment, now=now)
        send(stopped, now)
        assert not Refund.objects.waiting().exists()
        with pytest.raises(DisputeOpen):
            refunds.retry(refund_id=stopped.id, actor="olive", now=now)

        dispute.mirror("won", evidence_due_at=None, now=now)
        assert list(Refund.objects.waiting()) == [stopped]
        again = refunds.retry(refund_id=stopped.id, actor="olive", now=now)
        send(again, now)

        again.refresh_from_db()
        assert (again.status, again.amount, again.retry_of) == (
            "succeeded",
            stopped.amount,
            stopped,
        )
        assert not Refund.objects.waiting().exists()
        with pytest.raises(TriedAgain):
            refunds.retry(refund_id=stopped.id, actor="olive", now=now)

    def test_that_stopped_it_and_is_lost_leaves_nothing_to_send(self, now, payment):
        stopped = ask(payment, now)
        dispute = make.dispute(payment, now=now)
        send(stopped, now)
        answer = GatewayDispute(
            id=dispute.gateway_id, status="lost", amount=dispute.amount_minor, currency="GBP",
            payment_id=payment.gateway_id, charge_id=payment.charge_id, reason="fraudulent",
            due_at=None, created_at=now,
        )  # fmt: skip
        disputes.mirror(payment=payment, known=dispute, answer=answer, now=now)

        assert not Refund.objects.waiting().exists()
        with pytest.raises(RefundExceedsPayment):
            refunds.retry(refund_id=stopped.id, actor="olive", now=now)


class TestSaga:
    @pytest.mark.parametrize(
        "fault", ["error_after", "timeout_after", "drop_after", "drop", "silence", "html502"]
    )
    def test_a_lost_answer_is_found_out(self, sandbox, now, payment, fault, monkeypatch):
        monkeypatch.setattr("payments.gateways.transport.CALL_SECONDS", 1.0)
        sandbox.fault(fault, path="/v1/refunds", method="POST", times=1, seconds=3)

        refund = send(ask(payment, now), now)
        assert refund.status == RefundStatus.UNKNOWN
        send(refund, now, minutes=2)

        assert refund.status == RefundStatus.SUCCEEDED
        assert [each["id"] for each in sandbox.books()["refunds"]] == [refund.gateway_id]

    def test_absent_twice_is_failed_and_gives_its_reservation_back(self, sandbox, now, payment):
        sandbox.fault("error_before", path="/v1/refunds", method="POST", times=50)

        refund = send(ask(payment, now), now)
        for minutes in (1, 5, 20):
            send(refund, now, minutes=minutes)

        payment.refresh_from_db()
        assert (refund.status, refund.failure_code) == (RefundStatus.FAILED, "never_arrived")
        assert payment.refunded_minor == 0

    def test_absence_is_proved_long_after_the_last_send_by_a_look_that_sends_nothing(
        self, sandbox, now, payment
    ):
        sandbox.fault("error_before", path="/v1/refunds", method="POST", times=50)
        refund = send(ask(payment, now), now)

        send(refund, now, minutes=5)
        send(refund, now, minutes=14)
        assert refund.status == RefundStatus.UNKNOWN
        given_up_at = now + timedelta(hours=1)
        make.drive(refund, now=given_up_at, name="refund")

        refund.refresh_from_db()
        call = GatewayCall.objects.get(operation_id=refund.operation_id)
        assert (refund.status, refund.failure_code) == (RefundStatus.FAILED, "never_arrived")
        assert given_up_at - call.last_sent_at >= timedelta(minutes=10)

    def test_a_refusal_of_a_second_send_says_nothing_of_the_first(self, sandbox, now, payment):
        refund = ask(payment, now)
        refund.send(now=now)
        GatewayCall.open(
            operation_id=refund.operation_id, verb="refund", payment_id=payment.id,
            params=params_of(refund, payment), now=now,
        )  # fmt: skip
        sandbox.api("POST", "refunds", {"payment_intent": payment.gateway_id})

        send(refund, now)

        payment.refresh_from_db()
        assert refund.status == RefundStatus.UNKNOWN
        assert payment.refunded_minor == refund.amount_minor

    def test_a_pending_one_is_settled_later(self, sandbox, now):
        payment = make.pay(make.ready(now=now), sandbox, "pm_card_pendingRefund", now=now)

        refund = send(ask(payment, now), now)
        assert refund.status == RefundStatus.PENDING
        sandbox.advance(3 * 24 * 3600)
        send(refund, now, hours=7)

        assert refund.status == RefundStatus.SUCCEEDED

    def test_refused_by_stripe_is_failed(self, sandbox, now, payment):
        sandbox.api("POST", "refunds", {"payment_intent": payment.gateway_id})

        refund = send(ask(payment, now), now)

        assert refund.status in (RefundStatus.FAILED, RefundStatus.UNKNOWN)
        payment.refresh_from_db()
        assert payment.refunded_minor == 0


class TestNeedsAttention:
    """A journey may be closed by hand only when its refund has ended."""

    BY = {"actor": "staff:1", "reason": "test"}

    def stop(self, refund):
        SagaRun.objects.filter(subject_id=refund.id).update(
            state="needs_attention", error="three days"
        )

    def test_is_not_done_by_hand_while_the_refund_is_open(self, sandbox, now, payment):
        refund = ask(payment, now)
        for move in (None, "send", "lose_sight", "pend"):
            self.walk(refund, move, now)
            self.stop(refund)
            state = refund.status

            with pytest.raises(interventions.NotPossible) as refusal:
                interventions.mark_done_by_hand(
                    run_id=make.run_of(refund, "refund").id, now=now, **self.BY
                )

            refund.refresh_from_db()
            payment.refresh_from_db()
            assert "still open here" in refusal.value.detail
            assert make.run_of(refund, "refund").state == "needs_attention"
            assert refund.status == state
            assert payment.refunded_minor == refund.amount_minor

    def test_is_done_by_hand_once_it_has_failed(self, sandbox, now, payment):
        refund = ask(payment, now)
        refund.send(now=now)
        refund.fail(code="test", now=now)
        self.stop(refund)

        run = interventions.mark_done_by_hand(
            run_id=make.run_of(refund, "refund").id, now=now, **self.BY
        )

        assert run.state == "completed"

    def test_tried_again_finds_out(self, sandbox, now, payment):
        refund = ask(payment, now)
        sandbox.fault("error_after", path="/v1/refunds", method="POST", times=1)
        send(refund, now)
        self.stop(refund)

        run_id = make.run_of(refund, "refund").id
        interventions.retry_step(run_id=run_id, now=now + timedelta(minutes=1), **self.BY)
        send(refund, now, minutes=1)

        assert refund.status == RefundStatus.SUCCEEDED
        assert [each["id"] for each in sandbox.books()["refunds"]] == [refund.gateway_id]

    @staticmethod
    def walk(refund, move, now):
        facts = {
            "lose_sight": {"cause": "test", "due_at": None},
            "pend": {"gateway_id": "re_test"},
        }
        if move:
            getattr(refund, move)(now=now, **facts.get(move, {}))


class TestUnknownWord:
    def test_of_the_gateway_ends_nothing(self, sandbox, now, payment):
        """Nobody may think that it is done because we don't understand its state."""
        refund = ask(payment, now)
        refund.send(now=now)

        with pytest.raises(Unreachable):
            refund_sending.apply(refund, make.gateway_refund(refund, status="new_word"), now=now)

        refund.refresh_from_db()
        assert refund.status == RefundStatus.IN_FLIGHT


def params_of(refund, payment):
    """What we ask of the gateway for this refund."""
    return {
        "payment_intent": payment.gateway_id,
        "amount": refund.amount_minor,
        "reason": "requested_by_customer",
        "metadata": {"booking": payment.booking.reference, "operation_id": refund.operation_id},
    }


class TestAfterFailure:
    @pytest.fixture
    def failed(self, sandbox, now, payment):
        refund = ask(payment, now)
        refund.send(now=now)
        refund_sending.apply(
            refund,
            make.gateway_refund(refund, status="failed", failure_reason="expired_or_canceled_card"),
            now=now,
        )
        return refund

    def test_it_can_be_tried_again(self, failed, now):
        again = refunds.retry(refund_id=failed.id, actor="olive", now=now)

        assert again.id != failed.id
        assert send(again, now).status == RefundStatus.SUCCEEDED

    def test_it_can_be_paid_by_hand(self, failed, payment, now):
        settled = refunds.settle_by_hand(
            refund_id=failed.id, note="bank transfer on Monday", actor="olive", now=now
        )

        payment.refresh_from_db()
        assert settled.status == RefundStatus.SETTLED_BY_HAND
        assert payment.refunded_minor == settled.amount_minor

    def test_after_success_too(self, sandbox, now, payment):
        refund = send(ask(payment, now), now)

        refund_sending.apply(
            refund,
            make.gateway_refund(refund, status="failed", failure_reason="lost_or_stolen_card"),
            now=now,
        )

        payment.refresh_from_db()
        assert refund.status == RefundStatus.FAILED
        assert payment.refunded_minor == 0

    def test_it_is_tried_again_once(self, sandbox, payment, now):
        failed = self.failed_part(payment, now)
        again = refunds.retry(refund_id=failed.id, actor="olive", now=now)

        with pytest.raises(TriedAgain):
            refunds.retry(refund_id=failed.id, actor="sam", now=now)

        payment.refresh_from_db()
        assert list(Refund.objects.exclude(pk=failed.pk)) == [again]
        assert payment.refunded_minor == again.amount_minor

    def test_it_is_not_paid_by_hand_once_it_is_tried_again(self, sandbox, payment, now):
        failed = self.failed_part(payment, now)
        again = refunds.retry(refund_id=failed.id, actor="olive", now=now)

        with pytest.raises(TriedAgain):
            refunds.settle_by_hand(refund_id=failed.id, note="by bank", actor="sam", now=now)

        failed.refresh_from_db()
        payment.refresh_from_db()
        assert failed.status == RefundStatus.FAILED
        assert payment.refunded_minor == again.amount_minor

    def test_it_is_not_tried_again_once_it_was_paid_by_hand(self, sandbox, payment, now):
        failed = self.failed_part(payment, now)
        refunds.settle_by_hand(refund_id=failed.id, note="by bank", actor="sam", now=now)

        with pytest.raises(NotRefundable):
            refunds.retry(refund_id=failed.id, actor="olive", now=now)

        payment.refresh_from_db()
        assert payment.refunded_minor == failed.amount_minor

    def test_two_successors_are_refused_by_the_database(self, failed, payment, now):
        def successor():
            return Refund.ask(
                payment=payment, amount=failed.amount, reason="goodwill", note="",
                cancels_places=False, actor="olive", now=now, retry_of=failed,
            )  # fmt: skip

        successor()

        with pytest.raises(IntegrityError), transaction.atomic():
            successor()

    def test_what_is_tried_again_waits_for_nobody(self, failed, now):
        assert list(Refund.objects.waiting()) == [failed]

        refunds.retry(refund_id=failed.id, actor="olive", now=now)

        assert not Refund.objects.waiting().exists()

    @staticmethod
    def failed_part(payment, now):
        """A third of what was paid: the reservation alone does not refuse the second."""
        refund = ask(payment, now, payment.captured_minor // 3)
        refund.send(now=now)
        refund_sending.apply(refund, make.gateway_refund(refund, status="failed"), now=now)
        return refund
