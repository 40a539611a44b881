"""Money without a place goes back once; where it can't, a person hears of it at once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core.sagas import services as interventions
from courses.models import Booking
from courses.services import bookings
from payments.models import Refund, RefundStatus
from payments.services import checkout, endings, late_money, refund_sending
from tests.payments import make
from tests.payments.test_webhooks import tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def late(sandbox, now, monkeypatch):
    """Taken with no place left; its driver died before the money was sent back."""
    session = make.session(now=now, capacity=1)
    booking = make.ready(now=now, on=session)
    payment = make.pay(booking, sandbox, "pm_card_authenticationRequired", now=now)
    after = booking.hold_expires_at + timedelta(seconds=1)
    bookings.payment_abandoned(booking_id=booking.id, cause="test", now=after)
    make.ready(now=after, on=session)
    make.answer_bank(sandbox, payment)
    with monkeypatch.context() as broken:
        broken.setattr(late_money, "give_back", lambda **_order: 1 / 0)
        checkout.continue_after_action(token=booking.token, now=after)
    payment.refresh_from_db()
    assert payment.without_place
    return payment


class TestGiveBack:
    def test_waits_for_a_person_while_a_dispute_is_open(self, late, now):
        make.dispute(late, now=now)

        run = make.drive(late, now=now + timedelta(hours=2))

        assert run.state == "needs_attention"
        assert "disputed" in run.error
        assert not Refund.objects.exists()

    def test_goes_back_too_when_the_driver_dies_the_moment_it_was_put_down(
        self, sandbox, now, monkeypatch
    ):
        put_down = endings.succeeded_without_place

        def then_die(*order, **rest):
            put_down(*order, **rest)
            raise RuntimeError

        session = make.session(now=now, capacity=1)
        booking = make.ready(now=now, on=session)
        payment = make.pay(booking, sandbox, "pm_card_authenticationRequired", now=now)
        after = booking.hold_expires_at + timedelta(seconds=1)
        bookings.payment_abandoned(booking_id=booking.id, cause="test", now=after)
        make.ready(now=after, on=session)
        make.answer_bank(sandbox, payment)
        with monkeypatch.context() as broken:
            broken.setattr(endings, "succeeded_without_place", then_die)
            checkout.continue_after_action(token=booking.token, now=after)
        payment.refresh_from_db()
        assert payment.without_place

        make.drive(payment, now=after + timedelta(hours=2))

        assert Refund.objects.get(payment=payment).amount_minor == payment.captured_minor

    def test_is_done_when_all_went_back_at_the_gateway(self, sandbox, late, now):
        sandbox.api("POST", "refunds", {"payment_intent": late.gateway_id})
        for each in sandbox.events("refund.created"):
            tell(each, now)

        run = make.drive(late, now=now + timedelta(hours=2))

        assert run.state == "compensated"
        assert Refund.objects.get().external

    def test_that_comes_back_from_the_bank_after_the_booking_was_paid_for_again(
        self, sandbox, late, now
    ):
        """The bank returns the refund of the late money; meanwhile the same booking has a place and a payment."""
        make.drive(late, now=now + timedelta(hours=2))
        refund = Refund.objects.get()
        make.drive(refund, now=now + timedelta(hours=2), name="refund")
        Booking.objects.exclude(pk=late.booking_id).update(status="expired")
        bookings.renew(token=late.booking.token, now=now)
        paid = make.pay(late.booking, sandbox, now=now)
        assert paid.status == "succeeded"
        refund.refresh_from_db()

        answer = make.gateway_refund(refund, status="failed", failure_reason="lost_card")
        refund_sending.apply(refund, answer, now=now)

        late.refresh_from_db()
        assert (refund.status, late.refunded_minor) == (RefundStatus.FAILED, 0)
        assert list(Refund.objects.waiting()) == [refund]
        with pytest.raises(IntegrityError), transaction.atomic():
            type(late).objects.filter(pk=late.pk).update(without_place=False)

    def test_of_a_booking_that_it_paid_for_cancels_its_places(self, sandbox, now, monkeypatch):
        """The driver dies with all done and nothing logged, and staff undo the journey."""
        with monkeypatch.context() as broken:
            confirm = endings.succeeded

            def then_die(*order, **rest):
                confirm(*order, **rest)
                raise RuntimeError

            broken.setattr(endings, "succeeded", then_die)
            payment = make.paid(sandbox, now=now)
        run = make.run_of(payment)
        interventions.undo_from_here(run_id=run.id, actor="staff:1", reason="test", now=now)

        make.drive(payment, now=now)
        make.drive(Refund.objects.get(), now=now, name="refund")

        payment.refresh_from_db()
        payment.booking.refresh_from_db()
        assert payment.refundable.minor == 0
        assert payment.booking.status == "cancelled"
