"""The cancel page and its API: the amount that is shown is the amount that comes back."""

import re

import pytest

from courses import browser
from courses import selectors as courses
from payments.models import Refund
from tests.courses.make import BROWSER
from tests.payments.test_cancelling import booked, untouched

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(sandbox, now):
    return booked(sandbox, now, days_ahead=10, places=2)


@pytest.fixture
def booker(client):
    client.cookies[browser.COOKIE] = BROWSER
    return client


def page(booking):
    return f"/bookings/{booking.token}/cancel/"


def number_in(html):
    found = re.search(r'name="quote" value="([^"]+)"', html)
    return found and found.group(1)


def ids(booking):
    return [str(each.pk) for each in booking.attendees.all()]


class TestPage:
    def test_shows_the_amount_before_anything_happens(self, booker, booking):
        shown = booker.get(page(booking)).content.decode()

        assert "Cancel 2 places, refund £96.00" in shown
        assert "£80.00 plus £16.00 VAT" in shown
        assert '<li class="now"><b>50% back</b>' in shown
        assert untouched(booking)

    def test_another_choice_is_another_amount(self, booker, booking):
        shown = booker.post(page(booking), {"attendee": ids(booking)[:1]}).content.decode()

        assert "Cancel 1 place, refund £48.00" in shown
        assert untouched(booking)

    def test_the_button_does_what_it_says(self, booker, booking):
        number = number_in(booker.get(page(booking)).content.decode())
        answer = booker.post(page(booking), {"quote": number, "attendee": ids(booking)})

        assert answer.status_code == 302
        assert Refund.objects.get().amount_minor == 9600
        assert courses.booking_by_token(booking.token).status == "cancelled"

    def test_asks_again_when_others_are_ticked_by_now(self, booker, booking):
        number = number_in(booker.get(page(booking)).content.decode())
        answer = booker.post(page(booking), {"quote": number, "attendee": ids(booking)[:1]})

        assert answer.status_code == 410
        assert "Here it is again" in answer.content.decode()
        assert "refund £48.00" in answer.content.decode()
        assert untouched(booking)

    def test_says_that_nobody_is_chosen(self, booker, booking):
        shown = booker.post(page(booking), {"attendee": []}).content.decode()

        assert "Choose who is not coming." in shown or "Cancel 2 places" in shown
        assert untouched(booking)

    def test_another_browser_sees_it_and_cannot_act(self, client, booking):
        shown = client.get(page(booking)).content.decode()
        number = number_in(shown)
        answer = client.post(page(booking), {"quote": "x", "attendee": ids(booking)})

        assert number is None
        assert answer.status_code == 403
        assert untouched(booking)

    def test_a_cancelled_booking_has_nothing_to_cancel(self, booker, booking):
        number = number_in(booker.get(page(booking)).content.decode())
        booker.post(page(booking), {"quote": number, "attendee": ids(booking)})
        shown = booker.get(page(booking)).content.decode()

        assert "can’t be cancelled here" in shown
        assert Refund.objects.count() == 1


class TestApi:
    def test_quotes_and_cancels(self, booker, booking):
        at = f"/api/v1/bookings/{booking.token}"
        quote = booker.post(
            f"{at}/cancellation-quotes/", {"attendees": ids(booking)[:1]},
            content_type="application/json",
        )  # fmt: skip
        done = booker.post(
            f"{at}/cancellation/", {"quote": quote.json()["quote"]},
            content_type="application/json", HTTP_IDEMPOTENCY_KEY="0123456789abcdef0123",
        )  # fmt: skip

        assert quote.status_code == 201
        assert quote.json()["refund"] == {"amount": 4800, "currency": "GBP"}
        assert done.status_code == 202
        assert done.json()["refund"] == {
            "status": "approved", "amount": {"amount": 4800, "currency": "GBP"},
        }  # fmt: skip

    def test_refuses_another_browser(self, client, booking):
        at = f"/api/v1/bookings/{booking.token}"
        quote = client.post(f"{at}/cancellation-quotes/", {}, content_type="application/json")
        done = client.post(
            f"{at}/cancellation/", {"quote": quote.json()["quote"]},
            content_type="application/json", HTTP_IDEMPOTENCY_KEY="0123456789abcdef0123",
        )  # fmt: skip

        assert done.status_code == 403
        assert untouched(booking)
