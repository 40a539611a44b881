"""Placing, lengthening, renewing and ending holds."""

import datetime as dt

import pytest

from core.errors import Invalid
from core.ids import uuid7
from courses.models import Attendee, Booking, CourseSession
from courses.services import bookings
from courses.services.bookings import AttendeeDetails, CustomerDetails
from tests.courses.make import (
    BROWSER,
    CUSTOMER,
    NOW,
    make_confirmed,
    make_course,
    make_expired,
    make_hold,
    make_paying,
    make_session,
    published,
    steps,
)

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def hold(session, places=1, browser=BROWSER, now=NOW, **rest):
    return bookings.hold(session_id=session.pk, places=places, browser=browser, now=now, **rest)


class TestHold:
    def test_takes_places_for_fifteen_minutes(self):
        booking = hold(make_session(), places=2)

        assert (booking.status, booking.places) == ("held", 2)
        assert booking.hold_expires_at == NOW + 15 * MINUTE
        assert steps(booking) == [("hold", "", "held")]
        assert [each.position for each in booking.attendees.order_by("position")] == [1, 2]

    def test_keeps_its_own_price_and_policy(self):
        booking = hold(make_session(), places=2)
        course = make_course()
        course.price_minor = 1
        course.save()
        course.cancellation_policy.tiers = []
        course.cancellation_policy.save()

        kept = Booking.objects.get(pk=booking.pk)

        assert kept.total_minor == 19_200
        assert kept.lines == [
            {
                "description": "Emergency First Aid at Work",
                "quantity": 2,
                "unit_gross_minor": 9_600,
                "net_minor": 16_000,
                "vat_rate_bp": 2_000,
                "vat_minor": 3_200,
                "gross_minor": 19_200,
            }
        ]
        assert kept.policy["tiers"][0] == {"days_before": 15, "refund_bp": 10_000}

    def test_gives_a_reference_to_read_aloud_and_a_secret_link(self):
        booking = hold(make_session())

        assert booking.reference.startswith("RFT-")
        assert len(booking.token) == 32

    def test_keeps_only_a_digest_of_the_browser(self):
        booking = hold(make_session())

        assert BROWSER not in booking.browser
        assert booking.is_booked_by(BROWSER)
        assert not booking.is_booked_by("c" * 32)
        assert not booking.is_booked_by("")

    def test_tells_that_places_are_held(self):
        booking = hold(make_session())

        assert published("courses.booking_held") == [
            {"booking_id": str(booking.pk), "at": NOW.isoformat()}
        ]

    def test_costs_at_most_eleven_statements(self, django_assert_max_num_queries):
        session = make_session()

        with django_assert_max_num_queries(11):
            hold(session, places=4)

    def test_is_all_or_nothing(self):
        session = make_session(capacity=4)
        hold(session, places=2)

        with pytest.raises(bookings.PlacesSoldOut) as refusal:
            hold(session, places=3)

        assert refusal.value.extra == {"places_left": 2}
        assert refusal.value.detail == (
            "Only 2 places are left on this date. Choose 2, or another date."
        )
        assert Booking.objects.count() == 1

    def test_says_so_when_the_last_place_has_gone(self):
        session = make_session(capacity=1)
        make_confirmed(session)

        with pytest.raises(bookings.PlacesSoldOut) as refusal:
            hold(session)

        assert refusal.value.detail == "The last place has just gone. Choose another date."

    def test_takes_the_places_of_dead_holds(self):
        session = make_session(capacity=1)
        dead = hold(session)

        booking = hold(session, now=NOW + 15 * MINUTE)

        dead.refresh_from_db()
        assert (dead.status, booking.status) == ("expired", "held")
        assert steps(dead)[-1] == ("expire", "held", "expired")

    def test_leaves_live_holds_alone(self):
        session = make_session(capacity=1)
        live = hold(session)

        with pytest.raises(bookings.PlacesSoldOut):
            hold(session, now=NOW + 15 * MINUTE - dt.timedelta(seconds=1))

        live.refresh_from_db()
        assert live.status == "held"

    @pytest.mark.parametrize("places", [0, -1, 13, 10**12, True, 1.5, "2", None])
    def test_refuses_an_impossible_number_of_places(self, places):
        session = make_session(capacity=50)

        with pytest.raises(Invalid) as refusal:
            hold(session, places=places)

        assert "places" in refusal.value.fields
        assert not Booking.objects.exists()

    def test_refuses_a_date_that_is_not_there(self):
        with pytest.raises(bookings.SessionNotFound):
            bookings.hold(session_id=uuid7(), places=1, browser=BROWSER, now=NOW)

    def test_refuses_a_past_date(self):
        session = make_session(on=dt.date(2026, 11, 20))

        with pytest.raises(bookings.SessionNotOpen):
            hold(session)

        assert not Booking.objects.exists()

    def test_refuses_a_cancelled_date(self):
        session = make_session()
        session.cancel()

        with pytest.raises(bookings.SessionNotOpen):
            hold(session)

    def test_refuses_a_course_off_sale(self):
        session = make_session(course=make_course(is_on_sale=False))

        with pytest.raises(bookings.SessionNotOpen):
            hold(session)

    def test_refuses_a_fourth_hold_of_one_browser(self):
        for _ in range(3):
            hold(make_session(course=make_course(f"c{_}")))

        with pytest.raises(bookings.TooManyHolds):
            hold(make_session())

        assert Booking.objects.count() == 3
        assert make_hold(make_session(on=dt.date(2026, 12, 16))).status == "held"

    def test_counts_only_live_holds_of_a_browser(self):
        for number in range(3):
            hold(make_session(course=make_course(f"c{number}")))

        booking = hold(make_session(), now=NOW + 15 * MINUTE)

        assert booking.status == "held"

    def test_refuses_more_than_24_places_for_one_browser(self):
        session = make_session(capacity=40)
        hold(session, places=12)
        hold(session, places=12)

        with pytest.raises(bookings.TooManyHolds):
            hold(session, places=1)

        assert Booking.objects.count() == 2

    def test_keeps_details_that_come_with_it(self):
        people = [AttendeeDetails(name="Grace Hopper")]

        booking = hold(make_session(), customer=CUSTOMER, attendees=people)

        kept = Booking.objects.get(pk=booking.pk)
        assert kept.customer.email == "ada@example.com"
        assert kept.attendees.get().name == "Grace Hopper"

    def test_holds_nothing_when_its_details_can_not_be_used(self):
        session = make_session()

        with pytest.raises(Invalid):
            hold(session, customer=CustomerDetails(name="", email="no"))
        with pytest.raises(Invalid):
            hold(session, attendees=[AttendeeDetails()] * 2)

        assert not Booking.objects.exists()

    def test_draws_again_when_a_reference_is_taken(self, monkeypatch):
        taken = hold(make_session()).reference
        draws = iter([taken, "RFT-ZZZZZZ"])
        monkeypatch.setattr(Booking._meta.get_field("reference"), "_get_default", draws.__next__)

        booking = hold(make_session(on=dt.date(2026, 12, 16)))

        assert booking.reference == "RFT-ZZZZZZ"
        assert Booking.objects.count() == 2


class TestExtend:
    def test_adds_five_minutes(self):
        booking = make_hold()

        longer = bookings.extend(token=booking.token, now=NOW + MINUTE)

        assert longer.hold_expires_at == NOW + 20 * MINUTE
        assert longer.extensions == 1
        assert steps(booking)[-1] == ("extend", "held", "held")

    def test_works_ten_times(self):
        booking = make_hold()
        for _ in range(10):
            bookings.extend(token=booking.token, now=NOW)

        with pytest.raises(bookings.ExtensionsUsedUp):
            bookings.extend(token=booking.token, now=NOW)

        booking.refresh_from_db()
        assert booking.hold_expires_at == NOW + 65 * MINUTE

    def test_refuses_a_dead_hold(self):
        booking = make_hold()

        with pytest.raises(bookings.HoldExpired):
            bookings.extend(token=booking.token, now=NOW + 15 * MINUTE)

        booking.refresh_from_db()
        assert booking.hold_expires_at == NOW + 15 * MINUTE

    @pytest.mark.parametrize("token", ["", "x", "a" * 32, "a" * 31 + "\x00", "é" * 32])
    def test_refuses_an_unknown_link(self, token):
        with pytest.raises(bookings.BookingNotFound):
            bookings.extend(token=token, now=NOW)


class TestRenew:
    def test_holds_again_with_details_and_price_kept(self):
        booking = make_expired(places=2)
        price = make_course()
        price.price_minor = 99_900
        price.save()

        renewed = bookings.renew(token=booking.token, now=NOW + 60 * MINUTE)

        assert renewed.status == "held"
        assert renewed.hold_expires_at == NOW + 75 * MINUTE
        assert renewed.total_minor == 19_200
        assert renewed.customer.name == CUSTOMER.name
        assert [each.name for each in renewed.attendees.order_by("position")] == [
            "Person 1",
            "Person 2",
        ]
        assert steps(booking)[-1] == ("renew", "expired", "held")

    def test_ends_a_dead_hold_first(self):
        booking = make_hold()

        bookings.renew(token=booking.token, now=NOW + 15 * MINUTE)

        assert [step[0] for step in steps(booking)] == ["hold", "expire", "renew"]

    def test_returns_a_live_hold_as_it_is(self):
        booking = make_hold()

        again = bookings.renew(token=booking.token, now=NOW + MINUTE)

        assert (again.renewals, again.hold_expires_at) == (0, booking.hold_expires_at)
        assert len(steps(booking)) == 1

    def test_works_twice(self):
        booking = make_hold()
        for hour in (1, 2):
            bookings.renew(token=booking.token, now=NOW + hour * 60 * MINUTE)

        with pytest.raises(bookings.RenewalsUsedUp):
            bookings.renew(token=booking.token, now=NOW + 180 * MINUTE)

        booking.refresh_from_db()
        assert booking.renewals == 2

    def test_refuses_when_the_places_have_gone(self):
        session = make_session(capacity=2)
        booking = make_expired(session, places=2)
        make_hold(session, now=NOW + 20 * MINUTE)

        with pytest.raises(bookings.PlacesSoldOut) as refusal:
            bookings.renew(token=booking.token, now=NOW + 21 * MINUTE)

        assert refusal.value.extra == {"places_left": 1}
        booking.refresh_from_db()
        assert (booking.status, booking.renewals) == ("expired", 0)

    def test_refuses_a_date_that_has_begun(self):
        booking = make_expired()
        begun = CourseSession.objects.get().starts_at

        with pytest.raises(bookings.SessionNotOpen):
            bookings.renew(token=booking.token, now=begun)

    def test_counts_against_the_browser(self):
        booking = make_expired(browser=BROWSER)
        later = NOW + 20 * MINUTE
        for number in range(3):
            hold(make_session(course=make_course(f"c{number}")), now=later)

        with pytest.raises(bookings.TooManyHolds):
            bookings.renew(token=booking.token, now=later)

    def test_refuses_a_confirmed_booking(self):
        booking = make_confirmed()

        with pytest.raises(bookings.WrongState):
            bookings.renew(token=booking.token, now=NOW + 60 * MINUTE)

        booking.refresh_from_db()
        assert booking.status == "confirmed"


class TestExpireDue:
    def test_ends_only_what_is_over(self):
        session = make_session()
        over, live = make_hold(session), make_hold(session, now=NOW + MINUTE)
        confirmed = make_confirmed(session)

        count = bookings.expire_due(now=NOW + 15 * MINUTE)

        assert count == 1
        assert [Booking.objects.get(pk=each.pk).status for each in (over, live, confirmed)] == [
            "expired",
            "held",
            "confirmed",
        ]
        assert published("courses.booking_expired") == [
            {"booking_id": str(over.pk), "at": (NOW + 15 * MINUTE).isoformat()}
        ]

    def test_never_ends_a_payment(self):
        booking = make_paying()

        assert bookings.expire_due(now=NOW + dt.timedelta(days=1)) == 0

        booking.refresh_from_db()
        assert booking.status == "paying"

    def test_goes_no_further_than_its_limit(self):
        session = make_session()
        for _ in range(3):
            make_hold(session)

        assert bookings.expire_due(now=NOW + 60 * MINUTE, limit=2) == 2
        assert bookings.expire_due(now=NOW + 60 * MINUTE, limit=2) == 1
        assert bookings.expire_due(now=NOW + 60 * MINUTE, limit=2) == 0

    def test_keeps_who_was_coming(self):
        booking = make_expired()

        assert Attendee.objects.get(booking=booking).name == "Person 1"
