"""Bookings moved at once, both ways, and against buyers: never more places than there are, and no ring of waits."""

import datetime as dt
import threading
from contextlib import contextmanager

import pytest
from django.db import connection

from core.ids import secret_token
from courses.models import Booking, Course, CourseSession, Move
from courses.services import bookings, capacity, moving
from courses.services.bookings import Busy, PlacesSoldOut
from tests.courses.make import NOW, make_confirmed, make_session
from tests.races.hands import at_once
from tests.races.test_places import without_trigger

pytestmark = pytest.mark.django_db(transaction=True)
HANDS = 10
OTHER_DAY = dt.date(2027, 1, 12)


def mover(booking, session):
    def act():
        return moving.move(
            booking_id=booking.pk, session_id=session.pk, shown_minor=0, actor="customer", now=NOW
        )

    return act


def buyer(session):
    def act():
        return bookings.hold(session_id=session.pk, places=1, browser=secret_token(), now=NOW)

    return act


def places_of(session):
    taking = Booking.objects.filter(session=session, status__in=("held", "confirmed"))
    return sum(taking.values_list("places", flat=True))


@contextmanager
def without_move_trigger():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE courses_move DISABLE TRIGGER courses_move_capacity")
    try:
        with without_trigger():
            yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE courses_move ENABLE TRIGGER courses_move_capacity")


def leave_out_the_locks(monkeypatch, hands):
    """No session's lock; and all hands have counted before any of them writes."""
    counted, take = threading.Barrier(hands), capacity.take
    unlocked = CourseSession.objects.select_related("course__cancellation_policy", "venue")

    def take_together(*args):
        take(*args)
        counted.wait(30)

    monkeypatch.setattr(capacity, "lock_sessions", lambda keys: unlocked.in_bulk(list(keys)))
    monkeypatch.setattr(capacity, "lock_session", lambda key: unlocked.get(pk=key))
    monkeypatch.setattr(capacity, "take", take_together)


class TestLastPlace:
    def test_goes_to_one_of_movers_and_buyers(self):
        old, new = make_session(), make_session(on=OTHER_DAY, capacity=1)
        movers = [mover(make_confirmed(old), new) for _ in range(HANDS)]

        outcome = at_once([*movers, *(buyer(new) for _ in range(HANDS))])

        assert len(outcome.results) == places_of(new) == 1
        assert outcome.refused(PlacesSoldOut) + outcome.refused(Busy) == 2 * HANDS - 1

    def test_goes_to_one_by_the_database_alone(self, monkeypatch):
        old, new = make_session(), make_session(on=OTHER_DAY, capacity=1)
        movers = [mover(make_confirmed(old), new) for _ in range(HANDS)]
        leave_out_the_locks(monkeypatch, HANDS)

        outcome = at_once(movers)

        assert len(outcome.results) == places_of(new) == 1

    def test_goes_to_several_without_either(self, monkeypatch):
        old, new = make_session(), make_session(on=OTHER_DAY, capacity=1)
        movers = [mover(make_confirmed(old), new) for _ in range(HANDS)]
        leave_out_the_locks(monkeypatch, HANDS)

        with without_move_trigger():
            at_once(movers)

        assert places_of(new) > 1


class TestBothWays:
    def test_nobody_waits_in_a_ring(self, monkeypatch):
        first, second = make_session(), make_session(on=OTHER_DAY)
        there = [mover(make_confirmed(first), second) for _ in range(6)]
        back = [mover(make_confirmed(second), first) for _ in range(6)]
        tries, lock = [], capacity.lock_sessions

        def counted(keys):
            tries.append(1)
            return lock(keys)

        monkeypatch.setattr(capacity, "lock_sessions", counted)

        outcome = at_once(act for pair in zip(there, back, strict=True) for act in pair)

        assert outcome.errors == []
        assert (places_of(first), places_of(second)) == (6, 6)
        assert len(tries) == 12

    def test_two_who_lock_crosswise_do(self, monkeypatch):
        """The order off: each locks its old date first, then asks for the other's. One is thrown out and tries again."""
        first, second = make_session(), make_session(on=OTHER_DAY)
        bookings_of = {second.pk: make_confirmed(first), first.pk: make_confirmed(second)}
        both_hold_one, tries, own = threading.Barrier(2), [], threading.local()

        def crosswise(keys):
            tries.append(1)
            locked = {own.old: capacity.lock_session(own.old)}
            if not hasattr(own, "waited"):
                own.waited = True
                both_hold_one.wait(30)
            return locked | {key: capacity.lock_session(key) for key in keys - {own.old}}

        def act(target):
            own.old = bookings_of[target.pk].session_id
            return mover(bookings_of[target.pk], target)()

        monkeypatch.setattr(capacity, "lock_sessions", crosswise)
        at_once([lambda: act(first), lambda: act(second)])

        assert len(tries) > 2


class TestOneBooking:
    def test_is_moved_by_one_of_two_tabs(self):
        booking = make_confirmed(make_session())
        targets = [make_session(on=OTHER_DAY + dt.timedelta(days=number)) for number in range(2)]

        outcome = at_once(mover(booking, each) for each in targets)

        booking.refresh_from_db()
        assert booking.moved == len(outcome.results) >= 1
        assert sum(places_of(each) for each in targets) == 1


class TestPayingAgainstCancelling:
    """Who cancels while the difference of a move is begun to be paid: one of the two comes first, and the other is refused."""

    def begun(self, number):
        old, new = make_session(on=OTHER_DAY), make_session(on=OTHER_DAY + dt.timedelta(days=7))
        confirmed = [make_confirmed(old) for _ in range(number)]
        Course.objects.filter(pk=new.course_id).update(price_minor=new.course.price_minor + 500)
        pairs = []
        for booking in confirmed:
            move = moving.hold(
                booking_id=booking.pk, session_id=new.pk, shown_minor=500, actor="customer", now=NOW
            )
            pairs.append((booking, move))
        return pairs

    def hands(self, pairs):
        for booking, move in pairs:
            yield lambda key=move.pk: moving.begin_payment(move_id=key, now=NOW)
            yield lambda key=booking.pk: bookings.cancel(
                booking_id=key, cause="customer", actor="customer", now=NOW
            )

    def both(self):
        return Move.objects.filter(status="paying", booking__status="cancelled").count()

    def test_never_both(self):
        outcome = at_once(self.hands(self.begun(5)))

        assert (len(outcome.results), self.both()) == (5, 0)

    def test_both_without_the_look_at_the_move(self, monkeypatch):
        pairs = self.begun(5)
        monkeypatch.setattr(moving, "end_unpaid", lambda *args, **kwargs: None)

        for act in self.hands(pairs):
            act()

        assert self.both() == 5
