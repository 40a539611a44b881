"""What the database refuses by itself, whatever the code does."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from courses.models import Attendee, Booking, BookingTransition, CourseSession
from courses.models.states import BookingStatus
from tests.courses.make import NOW, make_confirmed, make_expired, make_hold, make_session

pytestmark = pytest.mark.django_db


def refuses(constraint):
    return pytest.raises(IntegrityError, match=constraint)


class TestCapacity:
    def test_refuses_one_booking_too_many(self):
        session = make_session(capacity=2)
        booking = make_hold(session, places=2)
        twin = Booking.objects.get(pk=booking.pk)
        twin.pk = None
        for name in ("id", "reference", "token"):
            setattr(twin, name, Booking._meta.get_field(name).get_default())

        with pytest.raises(IntegrityError, match="2 of 2 places are taken"), transaction.atomic():
            twin.save(force_insert=True)

        assert Booking.objects.count() == 1

    def test_refuses_more_places_for_a_booking(self):
        make_hold(make_session(capacity=2), places=2)

        with pytest.raises(IntegrityError, match="places are taken"), transaction.atomic():
            Booking.objects.update(places=3)

    def test_refuses_an_expired_one_coming_back_when_full(self):
        session = make_session(capacity=1)
        expired = make_expired(session)
        make_hold(session)

        with pytest.raises(IntegrityError, match="places are taken"), transaction.atomic():
            Booking.objects.filter(pk=expired.pk).update(status="confirmed", confirmed_at=NOW)

    def test_refuses_fewer_places_than_are_taken(self):
        session = make_session(capacity=4)
        make_confirmed(session, places=3)

        with pytest.raises(IntegrityError, match="3 places are taken"), transaction.atomic():
            CourseSession.objects.update(capacity=2, minimum=0)
        CourseSession.objects.update(capacity=3)

    def test_lets_a_session_grow(self):
        session = make_session(capacity=1)
        make_hold(session)

        CourseSession.objects.update(capacity=F("capacity") + 1)

        assert make_hold(session).status == "held"


class TestStates:
    @pytest.mark.parametrize("status", ["held", "paying", "under_review", "expired"])
    def test_refuses_leaving_what_is_final(self, status):
        booking = make_confirmed()

        with pytest.raises(IntegrityError, match="never goes from"), transaction.atomic():
            Booking.objects.filter(pk=booking.pk).update(status=status)

        booking.refresh_from_db()
        assert booking.status == "confirmed"

    def test_refuses_a_status_of_its_own_making(self):
        make_hold()

        with pytest.raises(IntegrityError), transaction.atomic():
            Booking.objects.update(status="sold")

    def test_refuses_a_hold_without_end(self):
        make_hold()

        with refuses("courses_booking_hold_ends"), transaction.atomic():
            Booking.objects.update(hold_expires_at=None)

        assert Booking.objects.get().hold_expires_at is not None

    def test_refuses_paying_without_a_customer(self):
        make_hold()

        with refuses("courses_booking_has_customer"), transaction.atomic():
            Booking.objects.update(status=BookingStatus.PAYING)

        assert Booking.objects.get().status == "held"


class TestNumbers:
    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ({"places": 0}, "courses_booking_places"),
            ({"total_minor": -1}, "courses_booking_total"),
            ({"currency": "EUR"}, "courses_booking_currency"),
            ({"extensions": -1}, "extensions"),
        ],
    )
    def test_refuses(self, change, constraint):
        booking = make_hold()
        before = {name: getattr(booking, name) for name in change}

        with refuses(constraint), transaction.atomic():
            Booking.objects.update(**change)

        assert Booking.objects.values(*change).get() == before

    def test_refuses_one_run_entered_twice(self):
        make_session()

        with refuses("courses_session_once"), transaction.atomic():
            make_session()

        assert CourseSession.objects.count() == 1

    def test_refuses_two_attendees_in_one_place(self):
        booking = make_hold(places=2)

        with refuses("courses_attendee_position"), transaction.atomic():
            Attendee.objects.filter(booking=booking).update(position=1)

        assert set(booking.attendees.values_list("position", flat=True)) == {1, 2}


class TestHistory:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE courses_bookingtransition SET actor = 'nobody'",
            "DELETE FROM courses_bookingtransition",
        ],
    )
    def test_only_grows(self, statement):
        make_hold()

        with (
            pytest.raises(IntegrityError, match="never changed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

        assert BookingTransition.objects.get().actor == "customer"

    def test_keeps_its_booking(self):
        booking = make_hold()

        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM courses_attendee")
            cursor.execute("DELETE FROM courses_booking WHERE id = %s", [booking.pk])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def test_is_not_the_applications_to_change(self):
        from django.conf import settings

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT privilege_type FROM information_schema.table_privileges"
                " WHERE grantee = %s AND table_name = 'courses_bookingtransition'",
                [settings.DB_APP_ROLE],
            )
            rights = {row[0] for row in cursor.fetchall()}

        assert rights == {"SELECT", "INSERT"}
