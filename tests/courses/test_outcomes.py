"""What payment does to a booking: each cell that a service reaches, repeats, and late money."""

import datetime as dt

import pytest

from core.ids import uuid7
from courses.models import Booking, BookingStatus
from courses.services import bookings
from courses.services.bookings import CustomerDetails
from tests.courses.make import (
    CUSTOMER,
    NOW,
    make_confirmed,
    make_course,
    make_expired,
    make_hold,
    make_paying,
    make_ready,
    make_session,
    published,
    steps,
)

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)
LATER = NOW + MINUTE


def status_of(booking):
    return Booking.objects.get(pk=booking.pk).status


def make_reviewed(session=None, **rest):
    booking = make_paying(session, **rest)
    return bookings.put_under_review(booking_id=booking.pk, now=NOW)


def make_released(session=None, **rest):
    booking = make_paying(session, **rest)
    return bookings.release(booking_id=booking.pk, cause="blocked", now=NOW)


class TestBeginPayment:
    def test_moves_a_complete_hold_to_paying(self):
        booking = make_ready()

        paying = bookings.begin_payment(booking_id=booking.pk, now=LATER)

        assert paying.status == "paying"
        assert steps(booking)[-1] == ("begin_payment", "held", "paying")

    def test_refuses_a_dead_hold(self):
        booking = make_ready()

        with pytest.raises(bookings.HoldExpired):
            bookings.begin_payment(booking_id=booking.pk, now=booking.hold_expires_at)

        assert status_of(booking) == "held"

    def test_refuses_an_expired_or_released_one(self):
        for booking in (make_expired(), make_released(make_session(on=dt.date(2026, 12, 16)))):
            before = status_of(booking)
            with pytest.raises(bookings.HoldExpired):
                bookings.begin_payment(booking_id=booking.pk, now=LATER)
            assert status_of(booking) == before

    def test_refuses_a_second_payment(self):
        for make in (make_paying, make_reviewed):
            booking = make(make_session(course=make_course(make.__name__.replace("_", "-"))))
            with pytest.raises(bookings.PaymentInProgress):
                bookings.begin_payment(booking_id=booking.pk, now=LATER)

    def test_refuses_what_is_paid(self):
        booking = make_confirmed()

        with pytest.raises(bookings.AlreadyPaid):
            bookings.begin_payment(booking_id=booking.pk, now=LATER)

        assert status_of(booking) == "confirmed"

    def test_names_each_missing_detail(self):
        booking = make_hold(places=2)

        with pytest.raises(bookings.DetailsMissing) as refusal:
            bookings.begin_payment(booking_id=booking.pk, now=LATER)

        assert sorted(refusal.value.fields) == [
            "attendees.0.name",
            "attendees.1.name",
            "customer.email",
            "customer.name",
        ]
        assert refusal.value.fields["attendees.1.name"] == ["Enter the full name of attendee 2"]
        assert status_of(booking) == "held"

    def test_lets_a_company_name_attendees_later(self):
        booking = make_hold(places=2)
        company = CustomerDetails(name="Ada", email="a@example.com", company="Example Ltd")
        bookings.give_details(token=booking.token, customer=company, now=NOW)

        assert bookings.begin_payment(booking_id=booking.pk, now=LATER).status == "paying"

    def test_refuses_a_booking_that_is_not_there(self):
        with pytest.raises(bookings.BookingNotFound):
            bookings.begin_payment(booking_id=uuid7(), now=NOW)


class TestPaymentFailed:
    @pytest.mark.parametrize("make", [make_paying, make_reviewed])
    def test_gives_the_hold_back_for_at_least_five_minutes(self, make):
        booking = make()
        late = NOW + 14 * MINUTE

        held = bookings.payment_failed(booking_id=booking.pk, cause="declined", now=late)

        assert (held.status, held.hold_expires_at) == ("held", late + 5 * MINUTE)

    def test_never_makes_the_hold_shorter(self):
        booking = make_paying()

        held = bookings.payment_failed(booking_id=booking.pk, cause="declined", now=LATER)

        assert held.hold_expires_at == NOW + 15 * MINUTE

    def test_changes_nothing_when_repeated(self):
        booking = make_paying()
        for _ in range(2):
            bookings.payment_failed(booking_id=booking.pk, cause="declined", now=LATER)

        assert len(steps(booking)) == 3

    def test_refuses_what_is_confirmed(self):
        booking = make_confirmed()

        with pytest.raises(bookings.WrongState):
            bookings.payment_failed(booking_id=booking.pk, cause="declined", now=LATER)

        assert status_of(booking) == "confirmed"


class TestPaymentAbandoned:
    def test_gives_back_a_hold_that_still_lives(self):
        booking = make_paying()

        held = bookings.payment_abandoned(booking_id=booking.pk, cause="left", now=LATER)

        assert (held.status, held.hold_expires_at) == ("held", NOW + 15 * MINUTE)

    def test_expires_one_whose_time_is_over(self):
        booking = make_paying()
        late = NOW + 30 * MINUTE

        bookings.payment_abandoned(booking_id=booking.pk, cause="left", now=late)
        bookings.payment_abandoned(booking_id=booking.pk, cause="left", now=late)

        assert status_of(booking) == "expired"
        assert len(published("courses.booking_expired")) == 1


class TestPutUnderReview:
    def test_keeps_the_places(self):
        session = make_session(capacity=1)
        booking = make_reviewed(session)

        assert status_of(booking) == "under_review"
        with pytest.raises(bookings.PlacesSoldOut):
            make_hold(session, now=NOW + dt.timedelta(days=1))

    def test_finds_places_again_for_late_money(self):
        booking = make_expired()

        bookings.put_under_review(booking_id=booking.pk, now=NOW + 30 * MINUTE)

        assert status_of(booking) == "under_review"

    def test_refuses_late_money_when_full(self):
        session = make_session(capacity=1)
        booking = make_expired(session)
        make_confirmed(session, now=NOW + 20 * MINUTE)

        with pytest.raises(bookings.PlacesSoldOut):
            bookings.put_under_review(booking_id=booking.pk, now=NOW + 30 * MINUTE)

        assert status_of(booking) == "expired"

    def test_tells_once(self):
        booking = make_reviewed()
        bookings.put_under_review(booking_id=booking.pk, now=LATER)

        assert len(published("courses.booking_put_under_review")) == 1


class TestConfirm:
    @pytest.mark.parametrize("make", [make_paying, make_reviewed])
    def test_confirms_and_tells_once(self, make):
        booking = make()

        for _ in range(3):
            confirmed = bookings.confirm(booking_id=booking.pk, now=LATER)

        assert (confirmed.status, confirmed.confirmed_at) == ("confirmed", LATER)
        assert len(published("courses.booking_confirmed")) == 1
        assert [step[0] for step in steps(booking)].count("confirm") == 1

    def test_gives_late_money_a_free_place(self):
        booking = make_expired()

        confirmed = bookings.confirm(booking_id=booking.pk, now=NOW + 30 * MINUTE)

        assert confirmed.status == "confirmed"

    def test_takes_a_dead_holds_place_for_late_money(self):
        session = make_session(capacity=1)
        booking = make_expired(session)
        dead = make_hold(session, now=NOW + 20 * MINUTE)

        bookings.confirm(booking_id=booking.pk, now=NOW + 40 * MINUTE)

        assert (status_of(booking), status_of(dead)) == ("confirmed", "expired")

    def test_refuses_late_money_when_full(self):
        session = make_session(capacity=1)
        booking = make_expired(session)
        make_hold(session, now=NOW + 20 * MINUTE)

        with pytest.raises(bookings.PlacesSoldOut) as refusal:
            bookings.confirm(booking_id=booking.pk, now=NOW + 21 * MINUTE)

        assert refusal.value.extra == {"places_left": 0}
        assert status_of(booking) == "expired"
        assert not published("courses.booking_confirmed")

    def test_refuses_late_money_for_a_cancelled_date(self):
        session = make_session()
        booking = make_expired(session)
        session.cancel()

        with pytest.raises(bookings.PlacesSoldOut):
            bookings.confirm(booking_id=booking.pk, now=NOW + 30 * MINUTE)

        assert status_of(booking) == "expired"

    def test_refuses_a_hold_that_owes_money(self):
        booking = make_ready()

        with pytest.raises(bookings.WrongState):
            bookings.confirm(booking_id=booking.pk, now=LATER)

        assert status_of(booking) == "held"

    def test_confirms_a_free_one_at_once_when_complete(self):
        session = make_session(course=make_course("free", price_minor=0))
        incomplete, complete = make_hold(session), make_ready(session)

        with pytest.raises(bookings.DetailsMissing):
            bookings.confirm(booking_id=incomplete.pk, now=LATER)
        bookings.confirm(booking_id=complete.pk, now=LATER)

        assert (status_of(incomplete), status_of(complete)) == ("held", "confirmed")

    def test_refuses_what_was_released(self):
        booking = make_released()

        with pytest.raises(bookings.WrongState):
            bookings.confirm(booking_id=booking.pk, now=LATER)

        assert status_of(booking) == "cancelled"


class TestRelease:
    @pytest.mark.parametrize("make", [make_paying, make_reviewed])
    def test_frees_the_places_and_tells_once(self, make):
        session = make_session(capacity=1)
        booking = make(session)

        for _ in range(2):
            bookings.release(booking_id=booking.pk, cause="declined by us", now=LATER)

        assert status_of(booking) == "cancelled"
        assert make_hold(session, now=LATER).status == "held"
        assert [each["cause"] for each in published("courses.booking_released")] == [
            "declined by us"
        ]

    def test_refuses_what_is_confirmed(self):
        booking = make_confirmed()

        with pytest.raises(bookings.WrongState):
            bookings.release(booking_id=booking.pk, cause="x", now=LATER)

        assert status_of(booking) == "confirmed"


class TestHistory:
    def test_replays_to_the_rows_state(self):
        booking = make_paying(customer=CUSTOMER)
        bookings.payment_failed(booking_id=booking.pk, cause="declined", now=LATER)
        bookings.begin_payment(booking_id=booking.pk, now=LATER)
        bookings.put_under_review(booking_id=booking.pk, now=LATER)
        bookings.confirm(booking_id=booking.pk, now=LATER)

        history = steps(booking)

        assert [step[1] for step in history] == ["", *(step[2] for step in history[:-1])]
        assert history[-1][2] == status_of(booking) == BookingStatus.CONFIRMED
