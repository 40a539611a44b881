"""Sending someone else: the place is theirs, they are told, and nobody learns what the other one needed."""

from datetime import timedelta

import pytest

from core.audit.models import AuditEntry
from core.errors import Invalid
from core.mail.models import Message
from courses import browser
from courses.models import Booking
from courses.services import replacing
from tests.courses.make import BROWSER, NOW, make_ready, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking():
    on = make_session(on=(NOW + timedelta(days=20)).date())
    made = make_ready(on, places=2, browser=BROWSER, now=NOW)
    Booking.objects.filter(pk=made.pk).update(status="confirmed", confirmed_at=NOW)
    first = made.attendees.order_by("position").first()
    first.name, first.email, first.access_needs = "Amira Khan", "amira@example.com", "A chair"
    first.save()
    return Booking.objects.get(pk=made.pk)


def first_of(booking):
    return booking.attendees.order_by("position").first()


def replace(booking, *, name="Ben Ward", email="ben@example.com", now=NOW, attendee_id=None):
    return replacing.send(
        token=booking.token, attendee_id=attendee_id or first_of(booking).pk, name=name,
        email=email, actor="customer", now=now,
    )  # fmt: skip


def mails():
    return sorted(Message.objects.values_list("kind", flat=True))


class TestSend:
    def test_gives_the_place_to_somebody_else_and_tells_both(self, booking):
        replace(booking)

        person = first_of(booking)
        assert (person.name, person.email, person.access_needs) == (
            "Ben Ward",
            "ben@example.com",
            "",
        )
        assert mails() == ["courses.joining", "courses.replaced"]
        assert AuditEntry.objects.get(action="attendee.replaced").actor == "customer"

    def test_a_slip_in_the_name_keeps_what_the_person_needs(self, booking):
        replace(booking, name="amira khan", email="amira@example.com")

        assert first_of(booking).access_needs == "A chair"
        assert mails() == []

    def test_back_again_sends_the_instructions_again(self, booking):
        replace(booking)
        replace(booking, name="Amira Khan", email="amira@example.com", now=NOW + timedelta(hours=1))
        replace(booking, now=NOW + timedelta(hours=2))

        assert mails().count("courses.joining") == 3

    def test_the_same_changes_nothing(self, booking):
        replace(booking, name="Amira Khan", email="amira@example.com")

        assert mails() == []
        assert not AuditEntry.objects.filter(action__startswith="attendee").exists()

    @pytest.mark.parametrize(
        ("name", "email"),
        [("", "ben@example.com"), ("Ben", "no address"), ("x" * 121, ""), ("Ben\x00", "")],
    )
    def test_refuses_what_is_no_person(self, booking, name, email):
        with pytest.raises(Invalid):
            replace(booking, name=name, email=email)

        assert first_of(booking).name == "Amira Khan"

    def test_refuses_once_the_course_has_begun(self, booking):
        with pytest.raises(replacing.NamesClosed):
            replace(booking, now=booking.session.starts_at)

        assert first_of(booking).name == "Amira Khan"

    def test_refuses_a_place_that_is_cancelled_or_another_s(self, booking):
        other = make_ready(make_session(on=(NOW + timedelta(days=21)).date()), now=NOW)
        first_of(booking).cancel()
        for attendee in (first_of(booking), other.attendees.first()):
            with pytest.raises(replacing.AttendeeNotFound):
                replace(booking, attendee_id=attendee.pk)

        assert mails() == []


class TestDoors:
    @pytest.fixture
    def booker(self, client):
        client.cookies[browser.COOKIE] = BROWSER
        return client

    def test_the_page_changes_who_comes(self, booker, booking):
        address = f"/bookings/{booking.token}/attendees/{first_of(booking).pk}/"
        shown = booker.get(address).content.decode()
        answer = booker.post(address, {"name": "Ben Ward", "email": "ben@example.com"})

        assert "Who comes instead of Amira Khan?" in shown
        assert answer.status_code == 302
        assert first_of(booking).name == "Ben Ward"

    def test_the_page_keeps_what_was_typed(self, booker, booking):
        address = f"/bookings/{booking.token}/attendees/{first_of(booking).pk}/"
        answer = booker.post(address, {"name": "", "email": "ben@example.com"})

        assert answer.status_code == 422
        assert "Enter the full name" in answer.content.decode()
        assert "ben@example.com" in answer.content.decode()
        assert first_of(booking).name == "Amira Khan"

    def test_another_browser_may_not(self, client, booking):
        address = f"bookings/{booking.token}/attendees/{first_of(booking).pk}/"
        page = client.post(f"/{address}", {"name": "Eve", "email": ""})
        call = client.patch(f"/api/v1/{address}", {"name": "Eve"}, content_type="application/json")

        assert (page.status_code, call.status_code) == (403, 403)
        assert first_of(booking).name == "Amira Khan"

    def test_the_api_changes_who_comes(self, booker, booking):
        call = booker.patch(
            f"/api/v1/bookings/{booking.token}/attendees/{first_of(booking).pk}/",
            {"name": "Ben Ward"}, content_type="application/json",
        )  # fmt: skip

        assert call.status_code == 200
        assert first_of(booking).name == "Ben Ward"
