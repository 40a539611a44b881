from datetime import timedelta

import pytest

from core.outbox.models import Message
from fraud.models import Outcome
from payments import selectors
from payments.events import PaymentSucceeded
from payments.models import GatewayCall, Payment, PaymentStatus, PaymentTransition
from payments.services.refusals import NothingToPay, TokenUnusable, TooManyRefusals
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

    def test_is_told_once_with_what_was_taken(self, sandbox, now):
        payment = make.paid(sandbox, now=now)

        [told] = Message.objects.filter(name=PaymentSucceeded.name)
        assert (told.payload["payment_id"], told.payload["amount_minor"]) == (
            str(payment.id),
            payment.captured_minor,
        )
        assert Outcome.objects.filter(payment_id=payment.id, kind="succeeded").count() == 1

    def test_commits_an_intent_before_each_request(self, sandbox, now):
        payment = make.paid(sandbox, now=now)

        calls = GatewayCall.objects.filter(payment=payment).order_by("id")
        assert [(call.key, call.outcome) for call in calls] == [
            (f"{payment.operation_id}:authorise", "ok"),
            (f"{payment.operation_id}:capture", "ok"),
        ]


class TestMadeUpToken:
    def test_leaves_the_hold_its_own_end(self, sandbox, now):
        booking = make.ready(now=now)
        later = booking.hold_expires_at - timedelta(seconds=10)

        with pytest.raises(TokenUnusable):
            make.pay_with(booking, "ctoken_made_up_0001", now=later)

        ends_at = booking.hold_expires_at
        booking.refresh_from_db()
        assert (booking.status, booking.hold_expires_at) == ("held", ends_at)

    def test_counts_as_a_try(self, sandbox, now, settings):
        booking = make.ready(now=now)
        for number in range(settings.PAYMENT_TRIES_MAX):
            with pytest.raises(TokenUnusable):
                make.pay_with(booking, f"ctoken_made_up_{number:04}", now=now)

        with pytest.raises(TooManyRefusals):
            make.pay_with(booking, "ctoken_made_up_last", now=now)

        assert selectors.tries_left(booking.id) == 0

    def test_a_free_booking_has_nothing_to_pay(self, sandbox, now):
        booking = make.ready(now=now)
        type(booking).objects.filter(pk=booking.pk).update(total_minor=0)

        with pytest.raises(NothingToPay):
            make.pay(booking, sandbox, now=now)

        booking.refresh_from_db()
        assert booking.status == "held"
        assert not Payment.objects.exists()
