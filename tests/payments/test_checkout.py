import pytest

from payments.models import GatewayCall, PaymentStatus, PaymentTransition
from tests.payments import make

pytestmark = pytest.mark.django_db


class TestPay:
    def test_takes_the_money_and_confirms_the_booking(self, sandbox, now):
        booking = make.ready(now=now)

        payment = make.pay(booking, sandbox, now=now)

        booking.refresh_from_db()
        [intent] = sandbox.books()["payment_intents"]
        assert payment.status == PaymentStatus.SUCCEEDED
        assert payment.captured_minor == booking.total_minor == intent["amount_received"]
        assert booking.status == "confirmed"
        assert intent["id"] == payment.gateway_id
        assert intent["metadata"] == {
            "booking": booking.reference,
            "operation_id": payment.operation_id,
        }
        assert payment.card_last4 == "4242"

    def test_leaves_a_history_without_a_gap(self, sandbox, now):
        payment = make.paid(sandbox, now=now)

        steps = PaymentTransition.objects.filter(payment=payment).order_by("id")
        assert [(step.from_status, step.to_status) for step in steps] == [
            ("", "created"),
            ("created", "in_flight"),
            ("in_flight", "authorised"),
            ("authorised", "capturing"),
            ("capturing", "succeeded"),
        ]

    def test_commits_an_intent_before_each_request(self, sandbox, now):
        payment = make.paid(sandbox, now=now)

        calls = GatewayCall.objects.filter(payment=payment).order_by("id")
        assert [(call.key, call.outcome) for call in calls] == [
            (f"{payment.operation_id}:authorise", "ok"),
            (f"{payment.operation_id}:capture", "ok"),
        ]
