"""Money without a place goes back once; where it can't, a person hears of it at once."""

from datetime import timedelta

import pytest

from courses.services import bookings
from payments.models import Refund
from payments.services import checkout, late_money
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
    assert late_money.came_too_late(payment)
    return payment


class TestGiveBack:
    def test_waits_for_a_person_while_a_dispute_is_open(self, late, now):
        make.dispute(late, now=now)

        run = make.drive(late, now=now + timedelta(hours=2))

        assert run.state == "needs_attention"
        assert "disputed" in run.error
        assert not Refund.objects.exists()

    def test_is_done_when_all_went_back_at_the_gateway(self, sandbox, late, now):
        sandbox.api("POST", "refunds", {"payment_intent": late.gateway_id})
        for each in sandbox.events("refund.created"):
            tell(each, now)

        run = make.drive(late, now=now + timedelta(hours=2))

        assert run.state == "compensated"
        assert Refund.objects.get().external
