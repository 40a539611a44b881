"""Fifty buyers for the last place: one gets it. Twins with a guard off show that the guard is what does it."""

import datetime as dt
import threading
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from core.ids import secret_token
from courses.models import Booking, CourseSession
from courses.services import bookings, capacity
from courses.services.bookings import Busy, PlacesSoldOut
from tests.courses.make import NOW, make_session
from tests.races.hands import at_once

pytestmark = pytest.mark.django_db(transaction=True)
BUYERS = 50


def buyer(session, places=1, browser=None):
    def act():
        return bookings.hold(
            session_id=session.pk, places=places, browser=browser or secret_token(), now=NOW
        )

    return act


def places_sold(session):
    return sum(
        Booking.objects.filter(session=session, status="held").values_list("places", flat=True)
    )


@contextmanager
def without_trigger():
    """The database's own count, off."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE courses_booking DISABLE TRIGGER courses_booking_capacity")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE courses_booking ENABLE TRIGGER courses_booking_capacity")


def leave_out_the_lock(monkeypatch, hands):
    """No session lock; and all hands have counted before any of them inserts."""
    counted = threading.Barrier(hands)
    take = capacity.take

    def lock_session(session_id):
        return CourseSession.objects.select_related("course__cancellation_policy", "venue").get(
            pk=session_id
        )

    def take_together(*args):
        take(*args)
        counted.wait(30)

    monkeypatch.setattr(capacity, "lock_session", lock_session)
    monkeypatch.setattr(capacity, "take", take_together)


class TestLastPlace:
    def test_goes_to_one_of_fifty(self):
        session = make_session(capacity=1)

        outcome = at_once(buyer(session) for _ in range(BUYERS))

        assert len(outcome.results) == 1
        assert outcome.refused(PlacesSoldOut) + outcome.refused(Busy) == BUYERS - 1
        assert places_sold(session) == 1

    def test_goes_to_one_of_fifty_by_the_database_alone(self, monkeypatch):
        session = make_session(capacity=1)
        leave_out_the_lock(monkeypatch, BUYERS)

        outcome = at_once(buyer(session) for _ in range(BUYERS))

        assert len(outcome.results) == 1
        assert outcome.refused(PlacesSoldOut) + outcome.refused(Busy) == BUYERS - 1
        assert places_sold(session) == 1

    def test_goes_to_one_of_fifty_by_the_lock_alone(self):
        session = make_session(capacity=1)

        with without_trigger():
            outcome = at_once(buyer(session) for _ in range(BUYERS))

        assert len(outcome.results) == 1
        assert places_sold(session) == 1

    def test_is_sold_often_without_either(self, monkeypatch):
        session = make_session(capacity=1)
        leave_out_the_lock(monkeypatch, BUYERS)

        with without_trigger():
            at_once(buyer(session) for _ in range(BUYERS))

        assert places_sold(session) > 1


class TestGroups:
    def test_never_share_out_more_than_there_is(self):
        session = make_session(capacity=12)
        sizes = [5, 4, 3, 5, 2, 6, 1, 4, 5, 3, 2, 6]

        outcome = at_once(buyer(session, places=size) for size in sizes)

        assert places_sold(session) == sum(each.places for each in outcome.results) <= 12
        # Whoever was refused asked for more than was left in the end.
        left = 12 - places_sold(session)
        refused = sorted(sizes)
        for each in outcome.results:
            refused.remove(each.places)
        assert outcome.refused(Busy) or left < min(refused)


class TestOneBrowser:
    def test_can_not_race_past_its_limit(self):
        session = make_session(capacity=12)
        browser = secret_token()

        outcome = at_once(buyer(session, browser=browser) for _ in range(10))

        assert len(outcome.results) == 3
        assert outcome.refused(bookings.TooManyHolds) == 7

    def test_can_not_renew_past_its_limit_either(self):
        browser = secret_token()
        tokens = []
        for number in range(5):
            at = NOW - (5 - number) * dt.timedelta(hours=1)
            session = make_session(on=dt.date(2026, 12, 1 + number))
            held = bookings.hold(session_id=session.pk, places=1, browser=browser, now=at)
            tokens.append(held.token)

        outcome = at_once(
            lambda token=each: bookings.renew(token=token, now=NOW) for each in tokens
        )

        assert len(outcome.results) == 3
        assert outcome.refused(bookings.TooManyHolds) == 2

    def test_would_without_its_lock(self, monkeypatch):
        session = make_session(capacity=12)
        browser = secret_token()
        monkeypatch.setattr(capacity, "lock_browser", lambda digest: None)
        leave_out_the_lock(monkeypatch, 8)

        outcome = at_once(buyer(session, browser=browser) for _ in range(8))

        assert len(outcome.results) > 3


class TestLock:
    def test_is_waited_for_three_seconds_at_most(self):
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("3s",)

    def test_is_waited_for_only_so_long(self):
        session = make_session(capacity=2)
        held, done = threading.Event(), threading.Event()

        def sit_on_the_lock():
            with capacity.bounded():
                capacity.lock_session(session.pk)
                held.set()
                done.wait(30)

        def buy():
            held.wait(30)
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '200ms'")
                    return buyer(session)()
            finally:
                done.set()

        outcome = at_once([sit_on_the_lock, buy])

        assert outcome.refused(Busy) == 1
        assert not Booking.objects.exists()
        assert buyer(session)().status == "held"
