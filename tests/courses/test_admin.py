"""The office's lists: found by reference and address, money and history read-only, room changed by a service."""

import datetime as dt

import pytest
from django.urls import reverse

from core.audit import selectors as audit
from core.mail.models import Message
from courses import emails, selectors
from courses.models import Booking, CourseSession
from tests.courses.make import (
    NOW,
    make_confirmed,
    make_course,
    make_hold,
    make_ready,
    make_session,
    make_venue,
)

pytestmark = pytest.mark.django_db
BOOKINGS = "admin:courses_booking_changelist"


@pytest.fixture(autouse=True)
def _today(settings, tmp_path):
    path = tmp_path / "offset"
    path.write_text(str((NOW - dt.datetime.now(dt.UTC)).total_seconds()))
    settings.CLOCK_OFFSET_FILE = str(path)


def words_of(client, name, *args, **query):
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


class TestBookings:
    def test_shows_a_working_list(self, admin_client):
        booking = make_confirmed(places=2)

        words = words_of(admin_client, BOOKINGS)

        for expected in (booking.reference, "Ada Lovelace", "£192.00", "15 December 2026, Leeds"):
            assert expected in words

    def test_asks_as_much_for_many_as_for_one(self, admin_client, django_assert_max_num_queries):
        session = make_session()
        for _ in range(6):
            make_confirmed(session)

        with django_assert_max_num_queries(14):
            words_of(admin_client, BOOKINGS)

    def test_finds_by_reference_in_any_case(self, admin_client):
        session = make_session()
        wanted, other = make_ready(session), make_ready(session)

        words = words_of(admin_client, BOOKINGS, q=wanted.reference.lower())

        assert wanted.reference in words
        assert other.reference not in words

    def test_finds_by_a_whole_address(self, admin_client):
        session = make_session()
        wanted, other = make_ready(session), make_hold(session)

        words = words_of(admin_client, BOOKINGS, q="ADA@example.com")

        assert wanted.reference in words
        assert other.reference not in words

    def test_filters_by_state(self, admin_client):
        session = make_session()
        confirmed, held = make_confirmed(session), make_hold(session)

        words = words_of(admin_client, BOOKINGS, status__exact="confirmed")

        assert confirmed.reference in words
        assert held.reference not in words

    def test_tells_the_whole_of_one(self, admin_client):
        booking = make_confirmed(places=2)

        words = words_of(admin_client, "admin:courses_booking_change", booking.pk)

        for expected in ("Person 2", "Payment begun", "VAT £32.00 at 20%", "ada@example.com"):
            assert expected in words
        assert booking.token not in words

    def test_changes_nothing(self, admin_client):
        booking = make_confirmed()
        address = reverse("admin:courses_booking_change", args=[booking.pk])

        answer = admin_client.post(address, {"status": "held", "total_minor": "1"})

        assert answer.status_code == 403
        booking.refresh_from_db()
        assert (booking.status, booking.total_minor) == ("confirmed", 9_600)
        delete = reverse("admin:courses_booking_delete", args=[booking.pk])
        assert admin_client.post(delete, {"post": "yes"}).status_code == 403
        assert Booking.objects.exists()


class TestMessages:
    def test_tells_what_was_mailed_and_sends_it_again(self, admin_client):
        booking = make_confirmed()
        emails.confirmation(booking=selectors.booking(booking.pk), now=NOW)
        message = Message.objects.get()
        page = reverse("admin:courses_booking_change", args=[booking.pk])
        again = reverse("admin:mail_message_again", args=[message.pk])
        assert again not in admin_client.get(page).content.decode()
        Message.objects.update(state="sent", sent_at=NOW)

        words = admin_client.get(page).content.decode()
        answer = admin_client.post(again, {"back": page})

        assert again in words and "Booked: Emergency First Aid at Work" in words
        assert answer.url == f"{page}#mails"
        assert Message.objects.count() == 2
        [entry] = audit.history(f"mail.message:{message.pk}")
        assert entry.action == "resend"
        elsewhere = admin_client.post(again, {"back": "https://example.com/"})
        assert elsewhere.url.startswith("/admin/mail/message/")

    def test_is_for_those_who_may_send(self, client):
        from tests.core.backoffice import staff

        client.force_login(staff.of_role("office"))
        message = reverse("admin:mail_message_again", args=[make_confirmed().pk])

        assert client.post(message).status_code == 404
        assert client.get(message).status_code == 405


class TestCustomers:
    def test_finds_by_a_whole_address(self, admin_client):
        make_ready()
        name = "admin:courses_customer_changelist"

        assert "Ada Lovelace" in words_of(admin_client, name, q="ada@EXAMPLE.com")
        assert "Ada Lovelace" not in words_of(admin_client, name, q="ada@example")

    def test_leads_to_all_that_an_address_booked(self, admin_client):
        session = make_session()
        first, second = make_ready(session), make_ready(session)

        words = words_of(admin_client, BOOKINGS, customer__email_index=first.customer.email_index)

        assert first.reference in words
        assert second.reference in words


class TestSessions:
    LIST = "admin:courses_coursesession_changelist"

    def test_shows_how_full_each_is(self, admin_client):
        make_confirmed(make_session(), places=3)
        make_session(on=dt.date(2026, 11, 2))

        words = words_of(admin_client, self.LIST)

        assert "3 of 12" in words
        assert "2 November" not in words
        assert "2 November" in words_of(admin_client, self.LIST, when="past")

    def test_schedules_as_many_days_as_the_course_has(self, admin_client):
        course, venue = make_course(days=3), make_venue()
        given = {
            "course": course.pk, "venue": venue.pk, "first_date": "2027-01-11", "start": "09:00",
            "end": "16:30", "capacity": 12, "minimum": 4, "trainer": "Priya Shah",
        }  # fmt: skip

        answer = admin_client.post(reverse("admin:courses_coursesession_add"), given)
        twice = admin_client.post(reverse("admin:courses_coursesession_add"), given)

        assert answer.status_code == 302, answer.context["adminform"].errors
        session = CourseSession.objects.get()
        assert session.starts_at == dt.datetime(2027, 1, 11, 9, tzinfo=dt.UTC)
        assert [day.date.day for day in session.days.order_by("date")] == [11, 12, 13]
        assert "already has that date" in twice.content.decode()

    def test_changes_room_but_never_below_what_is_booked(self, admin_client):
        session = make_session()
        make_confirmed(session, places=3)
        address = reverse("admin:courses_coursesession_change", args=[session.pk])

        refused = admin_client.post(address, {"capacity": 2, "minimum": 0, "trainer": "T"})
        session.refresh_from_db()
        assert session.capacity == 12
        assert "3 people are booked." in refused.content.decode()

        accepted = admin_client.post(address, {"capacity": 3, "minimum": 1, "trainer": "T"})
        session.refresh_from_db()
        assert accepted.status_code == 302
        assert (session.capacity, session.minimum, session.trainer) == (3, 1, "T")

    def test_leaves_state_and_times_alone(self, admin_client):
        session = make_session()
        address = reverse("admin:courses_coursesession_change", args=[session.pk])
        given = {"capacity": 3, "minimum": 1, "trainer": "", "state": "cancelled"}

        admin_client.post(address, given | {"starts_at": "2030-01-01 09:00"})

        kept = CourseSession.objects.get()
        assert (kept.state, kept.starts_at) == ("scheduled", session.starts_at)


class TestCatalogue:
    @pytest.mark.parametrize("model", ["course", "venue", "cancellationpolicy"])
    def test_shows_its_lists_and_forms(self, admin_client, model):
        session = make_session()
        one = {
            "course": session.course,
            "venue": session.venue,
            "cancellationpolicy": session.course.cancellation_policy,
        }[model]

        assert str(one.pk) in words_of(admin_client, f"admin:courses_{model}_changelist")
        assert str(one) in words_of(admin_client, f"admin:courses_{model}_change", one.pk)
