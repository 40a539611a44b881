import datetime as dt

import pytest

from core.errors import Invalid
from courses.models import Booking, PlaceState
from courses.services import bookings
from tests.courses.make import (
    NOW,
    make_confirmed,
    make_paying,
    make_session,
    published,
    steps,
)

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(hours=1)


def cancel(booking, **rest):
    return bookings.cancel(
        booking_id=booking.pk, cause="changed plans", actor="customer", now=LATER, **rest
    )


def states_of(booking):
    return [each.state for each in booking.attendees.order_by("position")]


class TestCancel:
    def test_gives_up_all_places(self):
        session = make_session(capacity=2)
        booking = make_confirmed(session, places=2)

        cancelled = cancel(booking)

        assert cancelled.status == "cancelled"
        assert states_of(booking) == [PlaceState.CANCELLED] * 2
        assert make_confirmed(session, places=2).status == "confirmed"
        assert [each["places"] for each in published("courses.booking_cancelled")] == [2]

    def test_gives_up_one_of_several(self):
        session = make_session(capacity=3)
        booking = make_confirmed(session, places=3)
        leaving = booking.attendees.get(position=2)

        cancelled = cancel(booking, attendee_ids=[leaving.pk])

        assert (cancelled.status, cancelled.places) == ("confirmed", 2)
        assert states_of(booking) == ["active", "cancelled", "active"]
        assert steps(booking)[-1] == ("cancel_places", "confirmed", "confirmed")
        assert make_confirmed(session).status == "confirmed"

    def test_cancels_the_booking_with_its_last_place(self):
        booking = make_confirmed(places=2)
        first, second = booking.attendees.order_by("position")

        cancel(booking, attendee_ids=[first.pk])
        cancel(booking, attendee_ids=[str(second.pk)])

        booking.refresh_from_db()
        assert booking.status == "cancelled"

    def test_changes_nothing_when_repeated(self):
        booking = make_confirmed(places=2)
        first = booking.attendees.get(position=1)
        for _ in range(2):
            cancel(booking, attendee_ids=[first.pk])
        for _ in range(2):
            cancel(booking)

        assert [each["places"] for each in published("courses.booking_cancelled")] == [1, 1]

    def test_refuses_somebody_elses_attendee(self):
        session = make_session()
        booking, other = make_confirmed(session), make_confirmed(session)

        with pytest.raises(Invalid):
            cancel(booking, attendee_ids=[other.attendees.get().pk])

        assert Booking.objects.filter(status="confirmed").count() == 2
        assert not published("courses.booking_cancelled")

    def test_refuses_while_paying(self):
        booking = make_paying()

        with pytest.raises(bookings.WrongState):
            cancel(booking)

        booking.refresh_from_db()
        assert booking.status == "paying"
        assert states_of(booking) == ["active"]
