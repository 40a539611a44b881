"""Two tabs pay the same booking with two cards at once: one payment, one charge."""

import threading
from contextlib import nullcontext

import pytest

from courses.services import bookings
from payments.models import Payment
from payments.services.refusals import AlreadyPaid, PaymentInProgress
from tests.payments import make
from tests.races.guards import without_index
from tests.races.hands import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def two_tabs(sandbox, now):
    booking = make.ready(now=now)
    tokens = [sandbox.confirmation_token() for _ in range(2)]
    return booking, at_once(
        [lambda token=token: make.pay_with(booking, token, now=now) for token in tokens]
    )


def taken(sandbox):
    return [each for each in sandbox.books()["payment_intents"] if each["amount_received"]]


class TestTwoTabs:
    def test_are_one_charge(self, sandbox, now):
        booking, outcome = two_tabs(sandbox, now)

        booking.refresh_from_db()
        assert len(outcome.results) == 1
        assert outcome.refused(PaymentInProgress) + outcome.refused(AlreadyPaid) == 1
        assert len(sandbox.books()["payment_intents"]) == len(taken(sandbox)) == 1
        assert Payment.objects.count() == 1
        assert booking.status == "confirmed"

    @pytest.mark.parametrize("off", ["the booking's guard", "both guards"])
    def test_without_the_guards(self, sandbox, now, monkeypatch, off):
        """The database refuses what the booking would have let through; without it there are two payments."""
        both_began = threading.Barrier(2)
        begin = bookings.begin_payment

        def begin_unguarded(*, booking_id, seen=None, now):
            both_began.wait(30)
            try:
                return begin(booking_id=booking_id, now=now)
            except (PaymentInProgress, AlreadyPaid):
                return seen

        monkeypatch.setattr(bookings, "begin_payment", begin_unguarded)
        both = off == "both guards"
        guard = (
            without_index("payments_payment", "payments_payment_one_open")
            if both
            else nullcontext()
        )
        with guard:
            two_tabs(sandbox, now)
            made = len(sandbox.books()["payment_intents"])

        assert made == (2 if both else 1)
