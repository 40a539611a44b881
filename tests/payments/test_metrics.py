"""How a day's attempts ended, what waits, and whether refunds keep their promise."""

from datetime import timedelta

import pytest

from core.errors import Refusal
from payments import metrics
from payments.models import Payment, Refund, WebhookEvent
from payments.services import refunds
from tests.metrics import counted, numbers
from tests.payments import make

pytestmark = pytest.mark.django_db


class TestPayments:
    def test_tells_how_attempts_ended(self, sandbox, now):
        make.paid(sandbox, now=now)
        _refused(
            make.ready(now=now), sandbox.confirmation_token("pm_card_visa_chargeDeclined"), now
        )

        found = numbers(metrics.read_payments(now))

        assert set(found["payment_results"]) == set(metrics.RESULTS)
        assert {name: n for name, n in found["payment_results"].items() if n} == {
            "succeeded": 1,
            "declined": 1,
        }

    def test_an_unreachable_gateway_is_ours_to_answer_for(self, sandbox, settings, now):
        booking = make.ready(now=now)
        token = sandbox.confirmation_token(make.VISA)
        settings.STRIPE_API_BASE = "http://127.0.0.1:9"

        _refused(booking, token, now)

        results = numbers(metrics.read_payments(now))["payment_results"]
        assert results["unreachable"] == 1

    def test_what_nobody_knows_has_an_age(self, now):
        booking = make.ready(now=now)
        payment = Payment.begin(
            booking_id=booking.pk, amount=booking.total, confirmation_token="ctoken_1",
            address="", device={}, now=now,
        )  # fmt: skip
        payment.send(now=now)
        assert numbers(metrics.read_payments(now))["payment_unknown"] == 0

        payment.lose_sight(cause="test", due_at=None, now=now)
        found = numbers(metrics.read_payments(now + timedelta(minutes=7)))

        assert (found["payment_unknown"], found["payment_unknown_oldest_seconds"]) == (1, 420)


class TestRefunds:
    def test_a_refund_within_a_day_keeps_the_promise(self, sandbox, now):
        refund = _refund(sandbox, now)
        make.drive(refund, now=now, name="refund")

        assert numbers(metrics.read_refunds(now))["refund_within_day"] == {"yes": 1, "no": 0}

    def test_one_that_hangs_for_a_day_does_not(self, sandbox, now):
        refund = _refund(sandbox, now)
        assert Refund.objects.get(pk=refund.pk).status == "approved"

        later = numbers(metrics.read_refunds(now + timedelta(hours=25)))

        assert later["refund_within_day"] == {"yes": 0, "no": 1}
        assert later["refund_open"]["approved"] == 1
        assert later["refund_oldest_under_way_seconds"] == 25 * 3600


class TestWebhooks:
    def test_what_waits_has_an_age(self, now):
        WebhookEvent.store(
            livemode=False, event_id="evt_1", type="charge.refunded", happened_at=now, now=now
        )

        found = numbers(metrics.read_webhooks(now + timedelta(seconds=40)))

        assert found["webhook_waiting"] == 1
        assert found["webhook_oldest_waiting_seconds"] == 40
        assert found["webhook_given_up"] == 0


@pytest.mark.django_db(transaction=True)
class TestCounters:
    def test_count_refusals_by_why(self, sandbox, now):
        before = counted("payment_refusals_total", group="declined")

        _refused(
            make.ready(now=now), sandbox.confirmation_token("pm_card_visa_chargeDeclined"), now
        )

        assert counted("payment_refusals_total", group="declined") == before + 1


def _refused(booking, token, now):
    with pytest.raises(Refusal):
        make.pay_with(booking, token, now=now)


def _refund(sandbox, now):
    payment = make.paid(sandbox, now=now)
    return refunds.request(
        payment_id=payment.id,
        amount_minor=payment.amount_minor,
        reason="goodwill",
        note="asked nicely",
        cancel_places=False,
        actor="ann",
        now=now,
    )
