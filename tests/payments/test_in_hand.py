"""What a drive remembers of a payment never outlives the lease under which it was read."""

import pytest

from core.sagas import engine
from courses.services import bookings
from courses.services.refusals import Busy
from fraud.models import ReviewCase
from payments.gateways import stripe as gateway
from payments.models import Payment, PaymentStatus
from payments.models.stateful import MovedMeanwhile
from payments.services import checkout, in_hand
from tests.payments import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(now):
    return make.ready(now=now)


class TestLease:
    def test_a_payment_read_before_the_lease_does_not_skip_its_review(
        self, sandbox, now, booking, monkeypatch, settings
    ):
        """A webhook's worker opens the review between the customer's read and the customer's lease."""
        settings.FRAUD_REVIEW_FROM = settings.FRAUD_3DS_FROM = 0
        payment = make.pay(booking, sandbox, "pm_card_authenticationRequired", now=now)
        make.answer_bank(sandbox, payment)
        resume = engine.resume

        def after_another(**order):
            monkeypatch.setattr(engine, "resume", resume)
            resume(**order)
            make.drive(payment, now=now)
            return resume(**order)

        monkeypatch.setattr(engine, "resume", after_another)

        told = checkout.continue_after_action(token=booking.token, now=now)

        booking.refresh_from_db()
        [intent] = sandbox.books()["payment_intents"]
        assert told.status == Payment.objects.get(pk=told.pk).status == PaymentStatus.AUTHORISED
        assert intent["status"] == "requires_capture"
        assert booking.status == "under_review"
        assert ReviewCase.objects.get().state == "open"

    def test_an_ending_that_was_rolled_back_is_not_believed(
        self, sandbox, now, booking, monkeypatch
    ):
        """A decline whose writing fails while a webhook signals the run: the run is taken up again at once."""
        ask, failed = gateway.authorise, bookings.payment_failed
        refusals = [Busy]

        def ask_while_signalled(operation, **order):
            engine.resume(name="payment", subject_id=operation.payment_id, cause="webhook", now=now,
                          in_background=False)  # fmt: skip
            return ask(operation, **order)

        def fail_later(**order):
            if refusals:
                raise refusals.pop()
            return failed(**order)

        monkeypatch.setattr(gateway, "authorise", ask_while_signalled)
        monkeypatch.setattr(bookings, "payment_failed", fail_later)

        with pytest.raises(checkout.CardDeclined):
            make.pay(booking, sandbox, "pm_card_visa_chargeDeclined", now=now)

        payment = make.latest(booking)
        booking.refresh_from_db()
        assert payment.status == PaymentStatus.FAILED
        assert booking.status == "held"
        assert make.run_of(payment).outcome == PaymentStatus.FAILED

    @pytest.mark.parametrize(("epoch", "kept"), [(3, True), (4, True), (5, False), (2, False)])
    def test_holds_for_the_next_epoch_only(self, now, booking, epoch, kept):
        payment = Payment(id=booking.id)

        hand = in_hand.Hand(booking, payment, epoch=3)

        assert hand.keeps(payment.id, epoch=epoch) is kept


class TestMove:
    def test_that_came_too_late_leaves_the_object_as_it_was(self, sandbox, now, booking):
        payment = make.pay(booking, sandbox, "pm_card_authenticationRequired", now=now)
        stale = Payment.objects.get(pk=payment.pk)
        payment.authorise(now=now)

        with pytest.raises(MovedMeanwhile):
            stale.fail(cause="late", now=now, failure_code="late")

        assert (stale.status, stale.failure_code) == (PaymentStatus.REQUIRES_ACTION, "")
