"""A hold's end against its payment: never a place lost under a payment, never a payment for a lost place."""

import datetime as dt
import threading

import pytest

from courses import selectors
from courses.models import Booking, BookingStatus, BookingTransition, steps
from courses.services import bookings
from courses.services.bookings import HoldExpired, PaymentInProgress, PlacesSoldOut
from tests.courses.make import NOW, make_hold, make_paying, make_ready, make_session
from tests.races.hands import at_once

pytestmark = pytest.mark.django_db(transaction=True)
SECOND = dt.timedelta(seconds=1)
ROUNDS = 15
REFUSALS = (PlacesSoldOut, bookings.WrongState, bookings.Busy)


def actions(booking):
    rows = BookingTransition.objects.filter(booking=booking).order_by("at", "id")
    return [row.action for row in rows]


class TestExpiryAgainstPayment:
    def test_ends_in_one_of_the_two(self):
        for _ in range(ROUNDS):
            booking = make_ready(make_session(on=dt.date(2026, 12, 1) + dt.timedelta(days=_)))
            end = booking.hold_expires_at

            outcome = at_once(
                [
                    lambda b=booking, at=end: bookings.begin_payment(
                        booking_id=b.pk, now=at - SECOND
                    ),
                    lambda at=end: bookings.expire_due(now=at),
                ]
            )

            booking.refresh_from_db()
            assert booking.status in (BookingStatus.PAYING, BookingStatus.EXPIRED)
            assert bool(outcome.refused(HoldExpired)) == (booking.status == "expired")
            assert actions(booking)[1:] in (["begin_payment"], ["expire"])

    def test_ends_in_both_when_expiry_does_not_look_again(self):
        """The twin: an expiry that acts on what it read before the payment began."""
        booking = make_ready()
        stale = list(Booking.objects.dead_holds(booking.hold_expires_at))
        bookings.begin_payment(booking_id=booking.pk, now=NOW)

        Booking.objects.expire_all(stale)

        booking.refresh_from_db()
        assert booking.status == "expired"
        assert actions(booking)[-1] == "begin_payment"

    def test_gives_a_place_to_one_when_another_waits_for_it(self):
        for _ in range(ROUNDS):
            session = make_session(on=dt.date(2026, 12, 1) + dt.timedelta(days=_), capacity=1)
            booking = make_ready(session)
            end = booking.hold_expires_at

            at_once(
                [
                    lambda b=booking, at=end: bookings.begin_payment(
                        booking_id=b.pk, now=at - SECOND
                    ),
                    lambda s=session, at=end: make_hold(s, now=at),
                ]
            )

            taken = Booking.objects.filter(session=session).taking_places(end)
            assert taken.count() == 1


class TestTwoPayments:
    def test_only_one_begins(self):
        booking = make_ready()

        outcome = at_once([lambda: bookings.begin_payment(booking_id=booking.pk, now=NOW)] * 10)

        assert len(outcome.results) == 1
        assert outcome.refused(PaymentInProgress) == 9

    def test_would_both_begin_if_no_one_looked_whether_it_is_still_held(self, monkeypatch):
        booking = make_ready()
        read = threading.Barrier(4)
        read_booking = selectors.booking

        def read_together(booking_id):
            booking = read_booking(booking_id)
            read.wait(30)
            return booking

        monkeypatch.setattr(selectors, "booking", read_together)
        monkeypatch.setattr(steps, "UNCHANGED", "true")

        at_once([lambda: bookings.begin_payment(booking_id=booking.pk, now=NOW)] * 4)

        assert actions(booking).count("begin_payment") > 1


class TestConfirming:
    def test_happens_once(self):
        booking = make_paying()

        outcome = at_once([lambda: bookings.confirm(booking_id=booking.pk, now=NOW)] * 10)

        assert [(each, each.__cause__) for each in outcome.errors] == []
        assert actions(booking).count("confirm") == 1

    def test_of_two_late_payments_gives_the_last_place_to_one(self):
        session = make_session(capacity=1)
        first = make_ready(session)
        bookings.expire_due(now=first.hold_expires_at)
        second = make_ready(session)
        bookings.expire_due(now=second.hold_expires_at)

        outcome = at_once(
            [
                lambda b=each: bookings.confirm(booking_id=b.pk, now=NOW + 1200 * SECOND)
                for each in (first, second)
            ]
        )

        assert len(outcome.results) == 1
        assert outcome.refused(PlacesSoldOut) == 1
        assert Booking.objects.filter(status="confirmed").count() == 1

    def test_and_renewing_at_once_never_deadlocks(self):
        for _ in range(ROUNDS):
            session = make_session(on=dt.date(2026, 12, 1) + dt.timedelta(days=_), capacity=2)
            booking = make_ready(session, places=2)
            bookings.expire_due(now=booking.hold_expires_at)
            later = booking.hold_expires_at + SECOND

            outcome = at_once(
                [
                    lambda b=booking, at=later: bookings.confirm(booking_id=b.pk, now=at),
                    lambda b=booking, at=later: bookings.renew(token=b.token, now=at),
                    lambda s=session, at=later: make_hold(s, now=at),
                ]
            )

            assert all(isinstance(each, REFUSALS) for each in outcome.errors)
            taken = Booking.objects.filter(session=session).taking_places(later)
            assert sum(each.places for each in taken) <= 2
