"""A gateway that fails in each way it can: nobody is charged twice, nothing is lost, nothing is guessed."""

from datetime import timedelta

import pytest

from payments.models import GatewayCall, PaymentStatus
from payments.policy import CHECK_PAUSES
from payments.services import checkout
from payments.services.refusals import PaymentsUnavailable
from tests.payments import make

pytestmark = pytest.mark.django_db

AUTHORISE = "/v1/payment_intents"
CAPTURE = "/v1/payment_intents/*/capture"
LOST_ANSWERS = ("error_after", "timeout_after", "drop_after", "html502")


@pytest.fixture
def booking(now):
    return make.ready(now=now)


@pytest.fixture(autouse=True)
def short_calls(monkeypatch):
    """A call that gets no answer ends soon, so that the test does."""
    monkeypatch.setattr("payments.gateways.transport.CALL_SECONDS", 1.0)


def later(payment, now, **ahead):
    make.drive(payment, now=now + timedelta(**ahead))
    payment.refresh_from_db()
    return payment


def intents(sandbox):
    return sandbox.books()["payment_intents"]


class TestAuthoriseWithoutAnswer:
    @pytest.mark.parametrize("fault", [*LOST_ANSWERS, "error_before", "drop", "silence"])
    def test_is_unknown_and_then_found_out(self, sandbox, now, booking, fault):
        sandbox.fault(fault, path=AUTHORISE, method="POST", times=1, seconds=3)

        payment = make.pay(booking, sandbox, now=now)
        assert payment.status == PaymentStatus.UNKNOWN
        booking.refresh_from_db()
        assert booking.status == "paying"

        later(payment, now, seconds=60)

        [intent] = intents(sandbox)
        assert payment.status == PaymentStatus.SUCCEEDED
        assert intent["amount_received"] == booking.total_minor
        assert GatewayCall.objects.filter(payment=payment, verb="authorise").count() == 1

    def test_a_stored_error_is_looked_up_and_its_payment_adopted(self, sandbox, now, booking):
        sandbox.fault("error_after", path=AUTHORISE, method="POST", times=1)

        payment = make.pay(booking, sandbox, now=now)
        later(payment, now, seconds=30)

        [intent] = intents(sandbox)
        assert payment.status == PaymentStatus.SUCCEEDED
        assert payment.gateway_id == intent["id"]

    def test_absence_is_proved_twice_before_it_fails(self, sandbox, now, booking):
        sandbox.fault("error_before", path=AUTHORISE, method="POST", times=50)

        payment = make.pay(booking, sandbox, now=now)
        later(payment, now, seconds=30)
        assert payment.status == PaymentStatus.UNKNOWN
        assert payment.absent_at is not None
        later(payment, now, minutes=5)
        assert payment.status == PaymentStatus.UNKNOWN
        later(payment, now, minutes=20)

        booking.refresh_from_db()
        assert payment.status == PaymentStatus.FAILED
        assert booking.status == "held"
        with pytest.raises(PaymentsUnavailable):
            checkout.told(payment)

    def test_no_second_payment_while_unknown(self, sandbox, now, booking):
        sandbox.fault("timeout_after", path=AUTHORISE, method="POST", times=1, seconds=3)
        make.pay(booking, sandbox, now=now)

        with pytest.raises(checkout.PaymentInProgress):
            make.pay(booking, sandbox, now=now)

        assert len(intents(sandbox)) == 1

    def test_after_23_hours_the_key_is_not_sent_again(self, sandbox, now, booking):
        sandbox.fault("timeout_after", path=AUTHORISE, method="POST", times=1, seconds=3)
        payment = make.pay(booking, sandbox, now=now)
        call = GatewayCall.objects.get(payment=payment)

        later(payment, now, hours=23, minutes=5)

        sends = GatewayCall.objects.get(pk=call.pk).sends
        assert sends == 1
        assert payment.gateway_id == intents(sandbox)[0]["id"]

    def test_an_impatient_page_uses_up_no_looks(self, sandbox, now, booking):
        sandbox.fault("error_before", path="/v1/payment_intents*", method="*", times=500)
        payment = make.pay(booking, sandbox, now=now)
        before = len(sandbox.books()["requests"])

        for seconds in range(2, 60, 2):
            checkout.continue_after_action(
                token=booking.token, now=now + timedelta(seconds=seconds)
            )

        payment.refresh_from_db()
        assert payment.checks <= 2
        assert payment.status == PaymentStatus.UNKNOWN
        assert len(sandbox.books()["requests"]) - before <= 2 * 7

    def test_three_days_without_a_word_end_on_a_persons_list(self, sandbox, now, booking):
        sandbox.fault("error_before", path="/v1/payment_intents*", method="*", times=500)
        payment = make.pay(booking, sandbox, now=now)

        moment = now
        for pause in CHECK_PAUSES:
            moment += pause + timedelta(seconds=1)
            run = make.drive(payment, now=moment)

        payment.refresh_from_db()
        booking.refresh_from_db()
        assert run.state == "needs_attention"
        assert payment.status == PaymentStatus.UNKNOWN
        assert payment.checks >= 8
        assert moment - now >= timedelta(hours=72)
        assert booking.status == "paying"


class TestCaptureWithoutAnswer:
    @pytest.mark.parametrize("fault", [*LOST_ANSWERS, "drop", "silence"])
    def test_is_unknown_and_then_found_out(self, sandbox, now, booking, fault):
        sandbox.fault(fault, path=CAPTURE, method="POST", times=1, seconds=3)

        payment = make.pay(booking, sandbox, now=now)
        assert payment.status == PaymentStatus.UNKNOWN
        for minutes in (1, 5, 20, 60):
            if payment.status != PaymentStatus.SUCCEEDED:
                later(payment, now, minutes=minutes)

        booking.refresh_from_db()
        [intent] = intents(sandbox)
        assert payment.status == PaymentStatus.SUCCEEDED
        assert booking.status == "confirmed"
        assert intent["amount_received"] == payment.captured_minor == booking.total_minor

    def test_a_stored_error_is_let_go_so_that_the_customer_can_pay_again(
        self, sandbox, now, booking
    ):
        sandbox.fault("error_before", path=CAPTURE, method="POST", times=50)

        payment = make.pay(booking, sandbox, now=now)
        moment = now
        for pause in CHECK_PAUSES[:7]:
            moment += pause + timedelta(seconds=1)
            make.drive(payment, now=moment)

        payment.refresh_from_db()
        booking.refresh_from_db()
        [intent] = intents(sandbox)
        assert (payment.status, payment.failure_code) == (
            PaymentStatus.CANCELLED,
            "capture_failed",
        )
        assert booking.status == "held"
        assert intent["status"] == "canceled"


class TestNotNow:
    @pytest.mark.parametrize("fault", ["429", "409"])
    def test_is_tried_again_under_the_same_key(self, sandbox, now, booking, fault):
        sandbox.fault(fault, path=AUTHORISE, method="POST", times=1)

        payment = make.pay(booking, sandbox, now=now)
        assert payment.status == PaymentStatus.IN_FLIGHT
        later(payment, now, minutes=1)

        assert payment.status == PaymentStatus.SUCCEEDED
        assert GatewayCall.objects.get(payment=payment, verb="authorise").sends == 2
        assert len(intents(sandbox)) == 1


class TestNotSent:
    def test_fails_at_once_and_leaves_the_hold(self, sandbox, now, booking, settings, monkeypatch):
        from payments.gateways import stripe as gateway

        known = gateway.confirmation_token

        def then_lose_the_line(token_id):
            token = known(token_id)
            settings.STRIPE_API_BASE = "http://127.0.0.1:9"
            return token

        token = sandbox.confirmation_token()
        monkeypatch.setattr(gateway, "confirmation_token", then_lose_the_line)

        with pytest.raises(PaymentsUnavailable):
            make.pay_with(booking, token, now=now)

        booking.refresh_from_db()
        assert make.latest(booking).failure_code == "gateway_unreachable"
        assert booking.status == "held"
