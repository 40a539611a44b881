"""A date that we call off: each booking settled once, by the customer's choice or by the clock."""

import random
from datetime import timedelta

import pytest

from core.crashpoints import Crashed
from core.mail.models import Message
from courses import browser
from courses import selectors as courses
from courses.models import Booking, CourseSession
from courses.services import bookings, calling_off
from payments.models import CalledOffBooking, CalledOffBookingTransition, Refund
from payments.services import cancelling, moving, session_cancelling
from tests.core.backoffice import staff
from tests.courses.make import BROWSER, make_confirmed, make_hold, make_ready
from tests.outbox_tools import drain_outbox
from tests.payments import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(now):
    return make.session(now=now, days_ahead=5, capacity=400)


@pytest.fixture
def booker(client):
    client.cookies[browser.COOKIE] = BROWSER
    return client


def call_off(session, now):
    return session_cancelling.begin(
        session_id=session.pk, reason="too_few", note="", actor="staff:7", now=now
    )


def settle(now):
    return session_cancelling.settle_due(clock=lambda: now)


def called_off(sandbox, session, now, places=2):
    """Paid, told, and choosing."""
    payment = make.pay(
        make.ready(now=now, on=session, places=places, browser=BROWSER), sandbox, now=now
    )
    call_off(session, now)
    settle(now)
    drain_outbox()
    return courses.booking(payment.booking_id)


def status_of(booking):
    return CalledOffBooking.objects.get(booking=booking).status


class TestBegin:
    def test_stops_booking_and_moving_there_and_writes_a_row_for_each_booking(self, session, now):
        held, confirmed = make_hold(session, now=now), make_confirmed(session, now=now)

        call_off(session, now)

        assert set(CalledOffBooking.objects.values_list("booking_id", "status")) == {
            (held.pk, "waiting"), (confirmed.pk, "waiting"),
        }  # fmt: skip
        with pytest.raises(bookings.SessionNotOpen):
            make_hold(session, now=now)

    def test_refuses_a_date_twice_or_begun(self, session, now):
        call_off(session, now)
        past = make.session(now=now, days_ahead=-2)

        for each in (session, past):
            with pytest.raises(calling_off.CannotCallOff):
                call_off(each, now)


class TestSettle:
    def test_ends_a_hold_and_asks_who_is_confirmed(self, sandbox, session, now):
        held = make_ready(session, now=now)
        booking = called_off(sandbox, session, now)

        held.refresh_from_db()
        assert (held.status, status_of(held)) == ("cancelled", "ended")
        assert (booking.status, status_of(booking)) == ("confirmed", "choosing")
        told = {each.subject: each for each in Message.objects.filter(kind="payments.called_off")}
        day = (
            f"Your course on {session.starts_at:%A} {session.starts_at.day} {session.starts_at:%B}"
        )
        assert set(told) == {f"{day} is cancelled", f"{day} is cancelled: choose what happens"}
        asked = told[f"{day} is cancelled: choose what happens"]
        assert f"/bookings/{booking.token}/choose/" in asked.text
        assert (
            "Sorry. We had to cancel this course. Move free, or get all of it back." in asked.text
        )

    @pytest.mark.parametrize("card", ["pm_card_authenticationRequired", "pm_card_visa"])
    def test_has_the_gateway_let_go_of_what_is_not_finished(
        self, sandbox, session, now, card, settings
    ):
        if card == "pm_card_visa":
            settings.FRAUD_REVIEW_FROM, settings.FRAUD_3DS_FROM = -1, 101
        payment = make.pay(make.ready(now=now, on=session), sandbox, card, now=now)
        booking = courses.booking(payment.booking_id)
        assert booking.status in ("paying", "under_review")

        call_off(session, now)
        settle(now)
        later = now + timedelta(seconds=11)
        make.drive(payment, now=later)
        settle(later)

        payment.refresh_from_db()
        assert payment.status == "cancelled"
        assert sandbox.api("GET", f"payment_intents/{payment.gateway_id}")["status"] == "canceled"
        assert courses.booking(booking.pk).status == "cancelled"
        assert status_of(booking) == "ended"

    def test_gives_the_money_back_by_itself_when_the_time_is_over(self, sandbox, session, now):
        booking = called_off(sandbox, session, now)

        settle(now + timedelta(days=6, hours=23))
        assert not Refund.objects.exists()
        settle(now + timedelta(days=7, minutes=1))
        settle(now + timedelta(days=7, minutes=2))

        refund = Refund.objects.get()
        assert (refund.amount_minor, refund.reason) == (booking.total_minor, "we_cancelled")
        assert refund.status == "approved"
        assert courses.booking(booking.pk).status == "cancelled"
        assert status_of(booking) == "refunded"

    def test_waits_and_says_why_while_the_bank_has_the_money_in_question(
        self, sandbox, session, now
    ):
        booking = called_off(sandbox, session, now)
        make.dispute(make.latest(booking), now=now)

        settle(now + timedelta(days=8))

        row = CalledOffBooking.objects.get(booking=booking)
        assert (row.status, row.due_at) == ("choosing", now + timedelta(days=8, hours=12))
        assert "disputed" in row.problem


class TestChoice:
    def test_page_offers_dates_and_the_money_and_takes_one_answer(
        self, sandbox, booker, session, now
    ):
        booking = called_off(sandbox, session, now)
        other = make.session(now=now, days_ahead=40)
        at = f"/bookings/{booking.token}/choose/"

        shown = booker.get(at).content.decode()
        answer, again = booker.post(at), booker.post(at)

        assert f"/move/?session={other.pk}" in shown
        assert "Get £192.00 back" in shown
        assert (answer.status_code, again.status_code) == (302, 409)
        assert Refund.objects.get().amount_minor == booking.total_minor
        assert status_of(booking) == "refunded"
        assert booker.get(at).status_code == 302

    def test_another_date_is_free_and_ends_the_choice(self, sandbox, session, now):
        booking = called_off(sandbox, session, now)
        other = make.session(now=now, days_ahead=40)
        type(other.course).objects.update(price_minor=9900)

        moving.move(booking_id=booking.pk, session_id=other.pk, shown_minor=0, now=now)
        settle(now + timedelta(days=8))

        assert courses.booking(booking.pk).session == other
        assert status_of(booking) == "moved"
        assert not Refund.objects.exists()

    def test_who_moved_before_anybody_looked_stays_where_they_are(self, sandbox, session, now):
        payment = make.pay(make.ready(now=now, on=session, places=1), sandbox, now=now)
        call_off(session, now)
        other = make.session(now=now, days_ahead=40)
        moving.move(booking_id=payment.booking_id, session_id=other.pk, shown_minor=0, now=now)

        settle(now)
        settle(now + timedelta(days=8))

        booking = courses.booking(payment.booking_id)
        assert (booking.session, booking.status) == (other, "confirmed")
        assert not Refund.objects.exists()

    def test_who_moved_away_can_be_called_off_again(self, sandbox, session, now):
        booking = called_off(sandbox, session, now)
        other = make.session(now=now, days_ahead=40)
        moving.move(booking_id=booking.pk, session_id=other.pk, shown_minor=0, now=now)

        call_off(other, now)
        settle(now)
        session_cancelling.give_back(booking_id=booking.pk, actor="customer", now=now)

        assert Refund.objects.get().amount == booking.total
        states = CalledOffBooking.objects.filter(booking=booking).values_list("status", flat=True)
        assert sorted(states) == ["moved", "refunded"]

    def test_another_browser_sees_it_and_can_not_choose(self, sandbox, client, session, now):
        booking = called_off(sandbox, session, now)

        shown = client.get(f"/bookings/{booking.token}/choose/").content.decode()
        answer = client.post(f"/bookings/{booking.token}/choose/")

        assert "Get £192.00 back" not in shown
        assert answer.status_code == 403
        assert status_of(booking) == "choosing"

    def test_cancelling_by_the_policy_is_no_choice(self, sandbox, booker, session, now):
        booking = called_off(sandbox, session, now)

        with pytest.raises(cancelling.WeCancelled):
            cancelling.quote(booking=booking, attendee_ids=None, now=now)
        page = booker.get(f"/bookings/{booking.token}/").content.decode()
        assert "Choose what happens" in page


class TestKilled:
    def test_at_any_item_it_goes_on_with_the_next_and_settles_each_once(
        self, session, now, monkeypatch, tmp_path
    ):
        """Three hundred confirmed ones, killed eight times, after an item was written and before it was kept."""
        BULK = 300
        one = make_confirmed(session, now=now)
        Booking.objects.bulk_create(self._copies(one, BULK - 1))
        call_off(session, now)
        kills = random.Random(137)

        for number in range(8):
            settle_some(kills.randrange(1, 36), now)
            folder = tmp_path / str(number)
            folder.mkdir()
            with monkeypatch.context() as patch:
                patch.setenv("CRASH_POINTS", "CP19:raise")
                patch.setenv("CRASH_DIR", str(folder))
                with pytest.raises(Crashed):
                    settle(now)
        while settle(now):
            pass

        asked = CalledOffBookingTransition.objects.filter(action="ask")
        assert asked.count() == asked.values("called_off").distinct().count() == BULK
        assert set(CalledOffBooking.objects.values_list("status", flat=True)) == {"choosing"}

    @staticmethod
    def _copies(one, number):
        for _ in range(number):
            copy = Booking.objects.get(pk=one.pk)
            for name in ("id", "reference", "token"):
                setattr(copy, name, Booking._meta.get_field(name).get_default())
            yield copy


def settle_some(number, now):
    session_cancelling.settle_due(clock=lambda: now, limit=number)


class TestStaff:
    def test_type_the_date_and_watch(self, client, session, now):
        booking = make_confirmed(session, now=now, places=2)
        client.force_login(staff.of_role("office"))
        at = f"/admin/payments/sessioncancellation/{session.pk}/begin/"
        date = f"{session.starts_at.day} {session.starts_at:%B} {session.starts_at.year}"

        shown = client.get(at).content.decode()
        wrong = client.post(at, {"reason": "too_few", "typed": "tomorrow"})
        done = client.post(at, {"reason": "too_few", "typed": date})
        settle(now + timedelta(minutes=1))
        progress = client.get(done.headers["Location"]).content.decode()

        assert "2 people, 1 booking, £0.00 if all refund." in shown
        assert "Type the date as it is written" in wrong.content.decode()
        assert done.status_code == 302
        assert CourseSession.objects.get(pk=session.pk).state == "cancelled"
        assert booking.reference in progress
        assert "Told, chooses" in progress
