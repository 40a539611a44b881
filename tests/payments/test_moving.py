"""Moving by the customer: the date and the money in one press, on the page and in the API."""

import re
from datetime import timedelta

import pytest

from courses import browser
from courses import selectors as courses
from courses.models import Course, Move
from invoicing.models import Document
from payments.models import Refund
from payments.services import cancelling, moving
from payments.services.refusals import DisputeOpen
from tests.courses.make import BROWSER
from tests.outbox_tools import drain_outbox
from tests.payments import make
from tests.payments.test_cancelling import again, booked

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(sandbox, now):
    return booked(sandbox, now, days_ahead=20, places=2)


@pytest.fixture
def new(booking, now):
    return make.session(now=now, days_ahead=60, capacity=2)


@pytest.fixture
def booker(client):
    client.cookies[browser.COOKIE] = BROWSER
    return client


def page(booking):
    return f"/bookings/{booking.token}/move/"


def cheaper(booking, minor=1000):
    Course.objects.filter(pk=booking.session.course_id).update(price_minor=9600 - minor)


def move(booking, new, now, shown=0):
    return moving.move(booking_id=booking.pk, session_id=new.pk, shown_minor=shown, now=now)


class TestMove:
    def test_for_the_same_price_moves_no_money_and_writes_no_paper(self, booking, new, now):
        papers = Document.objects.count()

        _, refunds = move(booking, new, now)
        drain_outbox()

        assert again(booking).session == new
        assert refunds == []
        assert not Refund.objects.exists()
        assert Document.objects.count() == papers

    def test_to_a_cheaper_date_gives_the_difference_back_with_a_credit_note(
        self, sandbox, booking, new, now
    ):
        cheaper(booking)

        _, [refund] = move(booking, new, now, shown=-2000)
        make.drive(refund, now=now, name="refund")
        drain_outbox()

        assert (refund.amount_minor, refund.reason, refund.status) == (2000, "moved", "approved")
        assert [each["amount"] for each in sandbox.books()["refunds"]] == [2000]
        assert Document.objects.credit_notes().get().gross_minor == 2000

    def test_what_is_cancelled_afterwards_is_what_the_places_cost_by_now(self, booking, new, now):
        cheaper(booking)
        move(booking, new, now, shown=-2000)

        whole = cancelling.quote(booking=again(booking), attendee_ids=None, now=now)
        half = cancelling.quote(
            booking=again(booking), attendee_ids=None, now=new.starts_at - timedelta(days=10)
        )

        assert (whole.price_minor, whole.refund_minor) == (17200, 17200)
        assert half.refund_minor == 8600

    def test_gives_back_no_more_than_is_left(self, booking, new, now):
        payment = make.latest(booking)
        type(payment).objects.filter(pk=payment.pk).update(refunded_minor=18700)
        cheaper(booking)

        _, [refund] = move(booking, new, now, shown=-2000)

        assert refund.amount_minor == 500

    def test_is_refused_whole_when_its_money_can_not_go_back(self, booking, new, now):
        make.dispute(make.latest(booking), now=now)
        cheaper(booking)

        with pytest.raises(DisputeOpen):
            move(booking, new, now, shown=-2000)

        assert again(booking).session == booking.session
        assert not Move.objects.exists()


class TestPage:
    def test_shows_dates_with_places_enough_and_moves_to_the_chosen_one(
        self, booker, booking, new, now
    ):
        full = make.session(now=now, days_ahead=61, capacity=1)

        listed = booker.get(page(booking)).content.decode()
        chosen = booker.get(page(booking), {"session": str(new.pk)}).content.decode()
        form = dict(re.findall(r'name="(session|difference)" value="([^"]*)"', chosen))
        answer = booker.post(page(booking), form)

        assert str(new.pk) in listed
        assert str(full.pk) not in listed
        assert "£0.00 to pay" in listed
        assert f"Move to {new.starts_at:%A}" in chosen
        assert (answer.status_code, again(booking).session) == (302, new)
        shown = booker.get(f"/bookings/{booking.token}/").content.decode()
        assert "Moved from" in shown
        assert "Moved to another date" in shown

    def test_says_what_comes_back(self, booker, booking, new):
        cheaper(booking)

        chosen = booker.get(page(booking), {"session": str(new.pk)}).content.decode()

        assert "£20.00 back" in chosen
        assert 'name="difference" value="-2000"' in chosen

    @pytest.mark.parametrize(
        ("form", "status", "words"),
        [
            ({}, 422, "Choose a date."),
            ({"session": "x", "difference": "0"}, 422, "Choose a date."),
            ({"difference": "0"}, 422, "Choose a date."),
            ({"difference": "-100"}, 409, "The price of that date has changed."),
        ],
    )
    def test_refuses_bad_input_with_a_sentence(self, booker, booking, new, form, status, words):
        if form.get("difference") == "-100":
            form = form | {"session": str(new.pk)}
        answer = booker.post(page(booking), form)

        assert answer.status_code == status
        assert words in answer.content.decode()
        assert again(booking).session == booking.session

    def test_another_browser_sees_it_and_can_not_act(self, client, booking, new):
        shown = client.get(page(booking), {"session": str(new.pk)}).content.decode()
        answer = client.post(page(booking), {"session": str(new.pk), "difference": "0"})

        assert 'name="difference"' not in shown
        assert answer.status_code == 403
        assert again(booking).session == booking.session

    def test_says_when_it_is_too_late(self, booker, sandbox, now):
        late = booked(sandbox, now, days_ahead=3)

        shown = booker.get(page(late)).content.decode()

        assert "too late to move this booking free" in shown


class TestApi:
    def test_lists_the_dates_and_moves(self, booker, booking, new):
        at = f"/api/v1/bookings/{booking.token}/moves/"
        options = booker.get(at)
        done = booker.post(
            at, {"session": str(new.pk), "difference": 0}, content_type="application/json",
            HTTP_IDEMPOTENCY_KEY="0123456789abcdef0123",
        )  # fmt: skip

        assert options.json()["difference"] == {"amount": 0, "currency": "GBP"}
        assert str(new.pk) in [each["session"] for each in options.json()["dates"]]
        assert (done.status_code, done.json()["refund"]) == (201, None)
        assert courses.booking(booking.pk).session == new

    def test_refuses_another_browser(self, client, booking, new):
        done = client.post(
            f"/api/v1/bookings/{booking.token}/moves/",
            {"session": str(new.pk), "difference": 0}, content_type="application/json",
            HTTP_IDEMPOTENCY_KEY="0123456789abcdef0123",
        )  # fmt: skip

        assert done.status_code == 403


class TestMail:
    def test_tells_the_new_date_once_and_not_after_it_has_changed_again(
        self, sandbox, booking, new, now
    ):
        from core.mail.models import Message

        third = make.session(now=now, days_ahead=70)
        move(booking, new, now)
        move(again(booking), third, now)
        drain_outbox()
        drain_outbox()

        moved = Message.objects.filter(kind="courses.moved")
        assert [each.subject for each in moved] == [
            f"Moved to {third.starts_at:%A} {third.starts_at.day} {third.starts_at:%B}"
            ": Emergency First Aid at Work"
        ]
        assert "is moved. It was on" in moved[0].text
