"""Each call to the gateway, with each way in which it can fail: nobody is charged or refunded twice, and both sides agree."""

import contextlib
from datetime import timedelta

import pytest

from core.errors import Refusal
from fraud.selectors import ReviewCase
from fraud.services import reviews
from payments.models import Payment, PaymentStatus
from payments.services import refunds
from tests.outbox_tools import drain_outbox
from tests.payments import make

pytestmark = pytest.mark.django_db

FAULTS = (
    "error_before", "error_after", "drop", "drop_after", "silence", "timeout_after", "html502",
    "429", "409",
)  # fmt: skip
PAUSES = (0, 1, 5, 20, 60, 180, 600)  # minutes
TOKEN = "/v1/confirmation_tokens/*"
AUTHORISE = "/v1/payment_intents"
CAPTURE = "/v1/payment_intents/*/capture"
CANCEL = "/v1/payment_intents/*/cancel"


@pytest.fixture(autouse=True)
def short_calls(monkeypatch):
    monkeypatch.setattr("payments.gateways.transport.CALL_SECONDS", 0.5)


@pytest.fixture
def booking(now):
    return make.ready(now=now)


def tried(booking, sandbox, now, card=make.VISA):
    """The payment, whatever the customer is told of it."""
    with contextlib.suppress(Refusal):
        make.pay(booking, sandbox, card, now=now)
    return make.latest(booking)


def to_its_end(payment, now):
    for minutes in PAUSES:
        payment.refresh_from_db()
        if not payment.is_open:
            break
        make.drive(payment, now=now + timedelta(minutes=minutes))
    payment.refresh_from_db()
    return payment


def there(sandbox):
    books = sandbox.books()
    assert len(books["payment_intents"]) <= 1
    return books


class TestPaying:
    @pytest.mark.parametrize("times", [1, 2])
    @pytest.mark.parametrize("fault", FAULTS)
    @pytest.mark.parametrize("path", [TOKEN, AUTHORISE, CAPTURE])
    def test_ends_the_same_on_both_sides(self, sandbox, now, booking, path, fault, times):
        sandbox.fault(fault, path=path, times=times, seconds=2)

        payment = to_its_end(tried(booking, sandbox, now), now)

        booking.refresh_from_db()
        received = sum(each["amount_received"] for each in there(sandbox)["payment_intents"])
        assert not payment.is_open
        assert received == payment.captured_minor
        if payment.status == PaymentStatus.SUCCEEDED:
            assert booking.status == "confirmed"
            assert received == booking.total_minor
        else:
            assert booking.status == "held"
            assert all(each["status"] == "canceled" for each in there(sandbox)["payment_intents"])
        assert Payment.objects.count() == 1


class TestLettingGo:
    @pytest.mark.parametrize("fault", FAULTS)
    def test_releases_what_was_set_aside_once(self, sandbox, now, booking, fault, settings):
        """Declined by a person after the bank has said yes."""
        settings.FRAUD_REVIEW_FROM, settings.FRAUD_3DS_FROM = -1, 101
        payment = tried(booking, sandbox, now)

        case = ReviewCase.objects.get(payment_id=payment.id)
        reviews.decide(case_id=case.id, decision="decline", reason="not_confirmed",
                       actor="staff:1", now=now)  # fmt: skip
        sandbox.fault(fault, path=CANCEL, method="POST", times=2, seconds=2)
        drain_outbox()

        to_its_end(payment, now)

        booking.refresh_from_db()
        [intent] = there(sandbox)["payment_intents"]
        assert (payment.status, intent["status"]) == (PaymentStatus.CANCELLED, "canceled")
        assert (intent["amount_received"], booking.status) == (0, "cancelled")


class TestRefund:
    @pytest.mark.parametrize("times", [1, 2])
    @pytest.mark.parametrize("fault", FAULTS)
    def test_goes_back_once(self, sandbox, now, booking, fault, times):
        payment = make.pay(booking, sandbox, now=now)
        refund = refunds.request(
            payment_id=payment.id, amount_minor=1_000, reason="goodwill", actor="olive", now=now
        )
        sandbox.fault(fault, path="/v1/refunds", method="POST", times=times, seconds=2)

        for minutes in PAUSES:
            make.drive(refund, now=now + timedelta(minutes=minutes), name="refund")

        refund.refresh_from_db()
        payment.refresh_from_db()
        gone = sum(each["amount"] for each in there(sandbox)["refunds"])
        assert not refund.is_open
        assert gone == payment.refunded_minor
        assert (refund.status == "succeeded") == (gone == 1_000)
