"""An authorisation whose answer is lost: found, or proved absent, and never called failed on a guess."""

from datetime import timedelta

import pytest

from payments.gateways import calls
from payments.gateways import stripe as gateway
from payments.gateways.base import Rejected, Unreachable
from payments.models import GatewayCall, PaymentStatus
from payments.services import checkout, taking
from tests.payments import make

pytestmark = pytest.mark.django_db

AUTHORISE = "/v1/payment_intents"


@pytest.fixture
def booking(now):
    return make.ready(now=now)


def later(payment, now, **ahead):
    run = make.drive(payment, now=now + timedelta(**ahead))
    payment.refresh_from_db()
    return run


class TestAbsence:
    def test_is_not_proved_by_a_look_that_also_asks(self, sandbox, now, booking, monkeypatch):
        """The request of a late look is carried out, and its answer lost: so it must be found there."""
        write, sends = calls.write, []

        def lossy(operation, verb, params, request, *, now):
            def lose(key):
                sends.append(now)
                if len(sends) == 2:
                    request(key)
                raise Unreachable("no_answer")

            return write(operation, verb, params, lose if verb == "authorise" else request, now=now)

        monkeypatch.setattr(calls, "write", lossy)
        sandbox.fault("error_before", path=AUTHORISE, method="GET", times=1)
        payment = make.pay(booking, sandbox, now=now)
        sandbox.advance(40 * 60)
        later(payment, now, minutes=40)
        later(payment, now, hours=2)

        booking.refresh_from_db()
        [intent] = sandbox.books()["payment_intents"]
        assert payment.status == PaymentStatus.SUCCEEDED
        assert payment.gateway_id == intent["id"]
        assert booking.status == "confirmed"

    def test_asks_no_more_once_it_was_absent(self, sandbox, now, booking):
        sandbox.fault("error_before", path=AUTHORISE, method="POST", times=50)
        payment = make.pay(booking, sandbox, now=now)

        for minutes in (1, 2, 3):
            later(payment, now, minutes=minutes)
        assert GatewayCall.objects.get(payment=payment).sends == 2
        assert payment.status == PaymentStatus.UNKNOWN
        later(payment, now, minutes=14)

        assert (payment.status, payment.failure_code) == (PaymentStatus.FAILED, "never_arrived")

    def test_waits_for_ten_minutes_after_the_last_send(self, sandbox, now, booking):
        sandbox.fault("error_before", path=AUTHORISE, method="POST", times=50)
        payment = make.pay(booking, sandbox, now=now)
        later(payment, now, minutes=1)
        GatewayCall.objects.filter(payment=payment).update(last_sent_at=now + timedelta(minutes=5))

        later(payment, now, minutes=12)
        assert payment.status == PaymentStatus.UNKNOWN
        later(payment, now, minutes=43)

        assert payment.status == PaymentStatus.FAILED


class TestRejected:
    def test_at_first_is_a_failure(self, sandbox, now, booking, monkeypatch):
        refuse(monkeypatch, Rejected("parameter_invalid"))

        with pytest.raises(checkout.CardDeclined):
            make.pay(booking, sandbox, now=now)

        assert make.latest(booking).status == PaymentStatus.FAILED

    def test_for_its_key_is_looked_into(self, sandbox, now, booking, monkeypatch):
        refuse(monkeypatch, Rejected("idempotency_error"))

        payment = make.pay(booking, sandbox, now=now)

        assert payment.status == PaymentStatus.UNKNOWN

    def test_after_an_earlier_send_is_looked_into(self, sandbox, now, booking, monkeypatch):
        """The first request was carried out and its driver died; the second is refused."""
        sandbox.fault("429", path=AUTHORISE, method="POST", times=1)
        payment = make.pay(booking, sandbox, now=now)
        assert payment.status == PaymentStatus.IN_FLIGHT
        refuse(monkeypatch, Rejected("parameter_invalid"))

        later(payment, now, minutes=1)

        assert payment.status == PaymentStatus.UNKNOWN


def refuse(monkeypatch, refusal):
    write = calls.write

    def refused(operation, verb, params, request, *, now):
        def raising(key):
            raise refusal

        return write(operation, verb, params, raising if verb == "authorise" else request, now=now)

    monkeypatch.setattr(calls, "write", refused)


class TestFallBack:
    def test_looks_again_when_it_could_not_be_closed(self, sandbox, now, booking, monkeypatch):
        """Refused by the bank, and approved with another card before we could close it."""
        payment = make.pay(booking, sandbox, "pm_card_authenticationRequired", now=now)
        make.answer_bank(sandbox, payment, "fail")
        cancel = taking.cancel

        def too_late(payment, *, now):
            monkeypatch.setattr(taking, "cancel", cancel)
            sandbox.api("POST", f"payment_intents/{payment.gateway_id}/confirm",
                        {"payment_method": make.VISA})  # fmt: skip
            return gateway.payment(payment.gateway_id)

        monkeypatch.setattr(taking, "cancel", too_late)

        payment = checkout.continue_after_action(token=booking.token, now=now)

        booking.refresh_from_db()
        assert payment.status == PaymentStatus.SUCCEEDED
        assert booking.status == "confirmed"


class TestCancelledThere:
    def test_keeps_what_the_gateway_calls_it(self, sandbox, now, booking):
        """Its answer was lost, and somebody has cancelled it at the gateway since."""
        sandbox.fault("error_after", path=AUTHORISE, method="POST", times=1)
        payment = make.pay(booking, sandbox, now=now)
        [intent] = sandbox.books()["payment_intents"]
        sandbox.api("POST", f"payment_intents/{intent['id']}/cancel")

        later(payment, now, minutes=1)

        assert (payment.status, payment.gateway_id) == (PaymentStatus.CANCELLED, intent["id"])
