"""The waiting list: in order, by real holds, before the public, once; taken, run out or left."""

import datetime as dt
import re

import pytest
from django.db import IntegrityError, transaction

from core import clock
from core.errors import Invalid
from core.mail.models import Message
from core.switches import memory, services
from courses import browser
from courses.models import Booking, CourseSession, WaitingListEntry
from courses.services import bookings, waiting
from tests.core.backoffice import staff
from tests.courses.make import NOW, make_confirmed, make_hold, make_session
from tests.outbox_tools import drain_outbox

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def join(session, email="ada@example.com", places=1, now=NOW):
    return waiting.join(
        session_id=session.pk, name="Ada Lovelace", email=email, places=places, now=now
    )


def full(places=2, now=NOW):
    session = make_session(capacity=places, on=(now + dt.timedelta(days=22)).date())
    return session, make_confirmed(session, places=places, now=now)


def cancel(booking, places=None, now=NOW):
    leaving = booking.attendees.order_by("position")[:places] if places else None
    return bookings.cancel(
        booking_id=booking.pk, cause="x", actor="customer", now=now,
        attendee_ids=leaving and [each.pk for each in leaving],
    )  # fmt: skip


def states():
    entries = WaitingListEntry.objects.order_by("created_at", "id")
    return [each.status for each in entries]


class TestJoin:
    def test_takes_a_name_on_a_full_date_once(self):
        session, _ = full()

        first, again = join(session), join(session, email="ADA@example.com")

        assert first == again
        assert states() == ["waiting"]

    def test_refuses_where_there_are_places_for_all_of_them(self):
        session, booking = full()
        cancel(booking, 1)

        with pytest.raises(waiting.NotFull):
            join(session)
        assert join(session, places=2).status == "waiting"

    def test_refuses_what_makes_no_sense(self):
        session, _ = full()
        past = make_session(on=dt.date(2026, 11, 1), capacity=1)

        for bad in ({"places": 0}, {"places": 3}, {"email": "ada"}):
            with pytest.raises(Invalid):
                join(session, **bad)
        with pytest.raises(bookings.SessionNotOpen):
            join(past)
        assert states() == []

    def test_is_refused_by_the_database_twice(self):
        session, _ = full()
        entry = join(session)
        entry.pk, entry.token = None, "x" * 32
        entry.id = WaitingListEntry._meta.get_field("id").get_default()

        with pytest.raises(IntegrityError, match="courses_waiting_once"), transaction.atomic():
            entry.save(force_insert=True)


class TestServe:
    def test_offers_in_order_what_fits_and_leaves_the_rest_waiting(self):
        session, booking = full(places=4)
        for number, places in enumerate([1, 3, 1, 1]):
            join(session, f"p{number}@example.com", places, NOW + number * HOUR)
        cancel(booking, 3)

        waiting.serve_all(now=NOW)

        assert states() == ["offered", "waiting", "offered", "offered"]
        offers = Booking.objects.filter(offered_to__isnull=False)
        assert {(each.status, each.places, each.hold_expires_at) for each in offers} == {
            ("held", 1, NOW + 12 * HOUR)
        }
        assert offers[0].customer.email.startswith("p")

    def test_comes_before_the_public(self):
        session, booking = full(places=3)
        join(session, places=2)
        cancel(booking)

        with pytest.raises(bookings.PlacesSoldOut):
            make_hold(session, places=2)
        assert make_hold(session, places=1).status == "held"
        waiting.serve_all(now=NOW)
        assert states() == ["offered"]

    def test_gives_what_ran_out_to_the_next_and_never_renews_it(self):
        session, booking = full(places=1)
        first, second = join(session), join(session, "b@example.com", now=NOW + HOUR)
        cancel(booking)
        waiting.serve_all(now=NOW)
        offer = waiting.find(first.token).booking

        later = NOW + 12 * HOUR
        bookings.expire_due(now=later)
        waiting.serve_all(now=later)

        assert states() == ["lapsed", "offered"]
        with pytest.raises((bookings.RenewalsUsedUp, bookings.PlacesSoldOut)):
            bookings.renew(token=offer.token, now=later)
        assert waiting.find(second.token).booking.hold_expires_at == later + 12 * HOUR

    def test_knows_an_offer_that_was_booked(self):
        session, booking = full(places=1)
        entry = join(session)
        cancel(booking)
        waiting.serve_all(now=NOW)
        offer = waiting.find(entry.token).booking
        Booking.objects.filter(pk=offer.pk).update(status="paying")
        bookings.confirm(booking_id=offer.pk, now=NOW)

        waiting.serve_all(now=NOW)

        assert states() == ["taken"]

    def test_offers_nothing_while_selling_is_stopped(self):
        session, booking = full(places=1)
        join(session)
        cancel(booking)
        memory._orders = {}
        services.switch(name=memory.Name.SELLING, on=True, reason="Water", actor="staff:1", now=NOW)
        memory.read()
        try:
            waiting.serve_all(now=NOW)
        finally:
            memory._orders = {}

        assert states() == ["waiting"]

    def test_ends_with_the_date(self):
        session, _ = full()
        join(session)
        CourseSession.objects.filter(pk=session.pk).update(state="cancelled")

        waiting.serve_all(now=NOW)

        assert states() == ["left"]


class TestLeave:
    def test_frees_the_offer_for_the_next_at_once(self):
        session, booking = full(places=1)
        first = join(session)
        join(session, "b@example.com", now=NOW + HOUR)
        cancel(booking)
        waiting.serve_all(now=NOW)

        waiting.leave(token=first.token, now=NOW)

        assert states() == ["left", "offered"]


class TestPages:
    @pytest.fixture
    def now(self):
        return clock.now()

    def test_from_joining_to_the_details_of_a_booking(self, client, now):
        session, booking = full(places=1, now=now)
        at = f"/sessions/{session.pk}/waiting-list/"
        bad = client.post(at, {"name": "", "email": "ada", "places": "1"})
        done = client.post(at, {"name": "Ada", "email": "ada@example.com", "places": "1"})
        drain_outbox()
        cancel(booking, now=now)
        waiting.serve_all(now=now)
        drain_outbox()
        mails = {
            each.subject.split(":")[0]: each
            for each in Message.objects.filter(kind="courses.waiting_list")
        }
        link = re.search(r"/bookings/[^/]+/waiting/", mails["Places are held for you"].text)[0]

        shown = client.get(link).content.decode()
        taken = client.post(link, {"take": "1"})

        assert bad.status_code == 422
        assert "Enter your name" in bad.content.decode()
        assert done.headers["Location"].endswith("?joined=1")
        assert "You’re on the waiting list" in mails
        assert "1 place is held for you" in shown
        offer = WaitingListEntry.objects.get().booking
        assert taken.headers["Location"] == f"/bookings/{offer.token}/details/"
        offer.refresh_from_db()
        assert offer.is_booked_by(client.cookies[browser.COOKIE].value)

    def test_says_when_the_offer_is_over(self, client, now):
        session, booking = full(places=1, now=now)
        entry = join(session, now=now)
        cancel(booking, now=now)
        waiting.serve_all(now=now)
        Booking.objects.filter(offered_to=entry).update(hold_expires_at=now)

        answer = client.post(f"/bookings/{entry.token}/waiting/", {"take": "1"})

        assert answer.status_code == 409
        assert "aren’t held for you any more" in answer.content.decode()
        assert client.get(f"/bookings/{'x' * 32}/waiting/").status_code == 404

    def test_a_full_date_in_the_catalogue_leads_here(self, client, now):
        session, _ = full(places=1, now=now)

        assert f"/sessions/{session.pk}/waiting-list/" in client.get("/").content.decode()

    def test_other_programs_may_join_too(self, client, now):
        session, _ = full(places=1, now=now)
        given = {"name": "Ada", "email": "ada@example.com", "places": 1}
        at = f"/api/v1/sessions/{session.pk}/waiting-list/"

        done = client.post(
            at, given, content_type="application/json", HTTP_IDEMPOTENCY_KEY="0123456789abcdef0123"
        )

        assert (done.status_code, done.json()) == (201, {"places": 1})

    def test_staff_see_who_waits(self, client, now):
        session, _ = full(places=1, now=now)
        entry = join(session, now=now)
        client.force_login(staff.of_role("office"))

        listed = client.get("/admin/courses/waitinglistentry/").content.decode()
        one = client.get(f"/admin/courses/waitinglistentry/{entry.pk}/change/").content.decode()

        assert "Ada Lovelace" in listed
        assert "ada@example.com" in one
