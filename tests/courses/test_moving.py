"""Moving to another date: all places or none, free while the policy says so, never to more than fit."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from courses import selectors
from courses.models import Booking, CourseSession, Move, MoveTransition
from courses.services import bookings, capacity, moving
from tests.courses.make import (
    NOW,
    make_confirmed,
    make_course,
    make_hold,
    make_paying,
    make_session,
    published,
    steps,
)

pytestmark = pytest.mark.django_db
LATER = dt.date(2027, 1, 12)


def move(booking, session, *, shown=0, now=NOW):
    return moving.move(
        booking_id=booking.pk, session_id=session.pk, shown_minor=shown, actor="customer", now=now
    )


def fresh(booking):
    return selectors.booking(booking.pk)


def an_open_move(booking, session, **changes):
    """As while the difference of a dearer date is being paid."""
    fields = {
        "booking": booking, "from_session": booking.session, "to_session": session,
        "places": booking.places, "difference_minor": 100, "shares": {}, "created_at": NOW,
        "expires_at": NOW + dt.timedelta(minutes=15),
    } | changes  # fmt: skip
    found = Move(**fields)
    found.begin(now=NOW, actor="customer")
    return found


class TestMove:
    def test_takes_all_places_along(self):
        old, new = make_session(capacity=3), make_session(on=LATER, capacity=3)
        booking = make_confirmed(old, places=3)

        done = move(booking, new)

        assert (fresh(booking).session, fresh(booking).status, fresh(booking).moved) == (
            new, "confirmed", 1,
        )  # fmt: skip
        assert (done.status, done.difference_minor) == ("done", 0)
        assert steps(booking)[-1] == ("move", "confirmed", "confirmed")
        assert list(MoveTransition.objects.order_by("id").values_list("action", flat=True)) == [
            "begin", "complete",
        ]  # fmt: skip
        assert [each["move_id"] for each in published("courses.booking_moved")] == [str(done.pk)]
        assert make_hold(old, places=3).status == "held"
        with pytest.raises(bookings.PlacesSoldOut):
            make_hold(new)

    def test_and_back_again(self):
        old, new = make_session(), make_session(on=LATER)
        booking = make_confirmed(old)

        move(booking, new)
        move(booking, old)

        assert (fresh(booking).session, fresh(booking).moved) == (old, 2)

    def test_refuses_a_full_date_and_keeps_the_old_one(self):
        new = make_session(on=LATER, capacity=2)
        make_hold(new)
        booking = make_confirmed(places=2)

        with pytest.raises(bookings.PlacesSoldOut):
            move(booking, new)

        self.is_untouched(booking)

    @pytest.mark.parametrize(
        ("days_before", "company", "is_free"),
        [(15, "", True), (7, "", True), (6, "", False), (6, "Acme", False)],
    )
    def test_is_free_while_cancelling_gives_something_back(self, days_before, company, is_free):
        booking = make_confirmed()
        Booking.objects.filter(pk=booking.pk).update(confirmed_at=NOW - dt.timedelta(days=60))
        now = booking.session.starts_at - dt.timedelta(days=days_before)
        new = make_session(on=LATER)

        if is_free:
            assert move(booking, new, now=now).status == "done"
        else:
            with pytest.raises(moving.MovingEnded):
                move(booking, new, now=now)
            self.is_untouched(booking)

    def test_is_free_until_the_last_minute_when_we_cancelled(self):
        old = make_session()
        booking = make_confirmed(old)
        CourseSession.objects.update(state="cancelled")

        done = move(booking, make_session(on=LATER), now=old.starts_at - dt.timedelta(hours=1))

        assert done.status == "done"

    def test_refuses_what_is_not_booked_begun_or_no_other_date_of_the_course(self):
        booking, new = make_confirmed(), make_session(on=LATER)
        other = make_session(course=make_course("paediatric"), on=LATER)
        past = make_session(on=dt.date(2026, 11, 20))
        cases = [
            (make_paying(make_session(on=dt.date(2026, 12, 16))), new, NOW, moving.NotMovable),
            (booking, booking.session, NOW, moving.AnotherCourse),
            (booking, other, NOW, moving.AnotherCourse),
            (booking, past, NOW, bookings.SessionNotOpen),
            (booking, new, booking.session.starts_at, moving.NotMovable),
        ]

        for given, target, now, refusal in cases:
            with pytest.raises(refusal):
                move(given, target, now=now)

        self.is_untouched(booking)

    def test_refuses_another_price_than_was_shown_and_a_dearer_one(self):
        booking, new = make_confirmed(), make_session(on=LATER)
        type(new.course).objects.update(price_minor=9700)

        with pytest.raises(moving.PriceChanged):
            move(booking, new)
        with pytest.raises(moving.Dearer):
            move(booking, new, shown=100)

        self.is_untouched(booking)

    def test_knows_what_each_place_costs_after_a_cheaper_date(self):
        booking, new = make_confirmed(places=3), make_session(on=LATER)
        bookings.cancel(
            booking_id=booking.pk, attendee_ids=[booking.attendees.get(position=3).pk],
            cause="x", actor="customer", now=NOW,
        )  # fmt: skip
        type(new.course).objects.update(price_minor=8600)

        done = move(booking, new, shown=-2000)

        costs = selectors.place_costs(fresh(booking))
        assert done.difference_minor == -2000
        assert [each.minor for each in costs.values()] == [8600, 8600, 9600]
        # Back to a dearer price: only what has become of it counts.
        type(new.course).objects.update(price_minor=8600)
        assert moving.difference(fresh(booking), booking.session).total.minor == 0

    def test_makes_no_second_one_while_one_is_being_paid(self):
        booking, new = make_confirmed(), make_session(on=LATER)
        found = an_open_move(booking, make_session(on=dt.date(2027, 1, 20)))
        found.begin_payment(now=NOW)

        with pytest.raises(moving.MoveUnderWay):
            move(booking, new)

        assert fresh(booking).session == booking.session

    def test_lets_go_of_another_date_that_was_not_paid_for(self):
        booking, new = make_confirmed(), make_session(on=LATER)
        found = an_open_move(booking, make_session(on=dt.date(2027, 1, 20)))

        move(booking, new)

        assert Move.objects.get(pk=found.pk).status == "cancelled"
        assert fresh(booking).session == new

    @staticmethod
    def is_untouched(booking):
        found = fresh(booking)
        assert (found.session_id, found.moved, found.status) == (booking.session_id, 0, "confirmed")
        assert not Move.objects.exists()


class TestOpenMove:
    """Its places count on the date that it goes to, for the code and for the database alone."""

    def test_counts(self):
        new = make_session(on=LATER, capacity=3)
        an_open_move(make_confirmed(places=2), new)

        with pytest.raises(bookings.PlacesSoldOut):
            make_hold(new, places=2)
        assert selectors.session(session_id=new.pk, now=NOW).places_left == 1
        with capacity.bounded():
            assert capacity.places_taken(new) == 2
        assert make_hold(new).status == "held"

    def test_is_refused_by_the_database_where_it_does_not_fit(self):
        new = make_session(on=LATER, capacity=2)
        make_hold(new, places=2)
        booking = make_confirmed()

        with pytest.raises(IntegrityError, match="2 of 2 places are taken"), transaction.atomic():
            an_open_move(booking, new)

    def test_keeps_others_out_in_the_database_too(self):
        new = make_session(on=LATER, capacity=2)
        an_open_move(make_confirmed(places=2), new)
        other = make_confirmed(make_session(on=dt.date(2027, 2, 1)))

        with pytest.raises(IntegrityError, match="2 of 2 places are taken"), transaction.atomic():
            Booking.objects.filter(pk=other.pk).update(session=new)
        with pytest.raises(IntegrityError, match="2 places are taken"), transaction.atomic():
            CourseSession.objects.filter(pk=new.pk).update(capacity=1, minimum=0)

    @pytest.mark.parametrize(
        ("changes", "constraint"),
        [
            ({"places": 0}, "courses_move_places"),
            ({"status": "paying", "difference_minor": 0}, "courses_move_paid_only_when_dearer"),
            ({"status": "done"}, "courses_move_done_at"),
            ({"currency": "EUR"}, "courses_move_currency"),
            ({"status": "moved"}, "courses_move_status"),
        ],
    )
    def test_is_refused_when_it_can_not_be(self, changes, constraint):
        booking, new = make_confirmed(), make_session(on=LATER)

        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            an_open_move(booking, new, **changes)
        with pytest.raises(IntegrityError, match="courses_move_to_another"), transaction.atomic():
            an_open_move(booking, booking.session)

    def test_is_the_only_one_of_its_booking(self):
        booking, new = make_confirmed(), make_session(on=LATER)
        an_open_move(booking, new)

        with pytest.raises(IntegrityError, match="one_at_a_time"), transaction.atomic():
            an_open_move(booking, new)

    def test_never_leaves_what_is_final_and_never_forgets(self):
        booking, new = make_confirmed(), make_session(on=LATER)
        done = move(booking, new)

        with pytest.raises(IntegrityError, match="never goes from done"), transaction.atomic():
            Move.objects.filter(pk=done.pk).update(status="open", done_at=None)
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            MoveTransition.objects.all().delete()
