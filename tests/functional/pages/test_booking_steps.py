"""Choosing, who's coming, more time, and what happens when it doesn't go as planned: without JavaScript."""

import datetime as dt

import pytest
from django.test import Client

from core import clock
from courses.models import Booking, BookingStatus
from courses.services import bookings
from tests.functional.pages import shop as shops

ONE_PERSON = {
    "coming": "yes",
    "name": "Ada Example",
    "email": "ada@example.com",
    "invoice_to": "me",
}


def choice(shop, **changes) -> dict:
    return {"session": str(shop.sessions[0].pk), "places": "2"} | changes


class TestChoosing:
    def test_holds_the_places_and_goes_on(self, client, shop):
        answer = client.post(shops.PLAIN["course"], choice(shop))

        booking = Booking.objects.order_by("created_at").last()
        assert answer.headers["Location"] == f"/bookings/{booking.token}/details/"
        assert (booking.status, booking.places) == (BookingStatus.HELD, 2)
        assert booking.is_booked_by(client.cookies["rft_browser"].value)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"session": ""}, "Choose a date"),
            ({"session": "nonsense"}, "Choose a date"),
            ({"places": ""}, "Enter how many people are coming"),
            ({"places": "two"}, "Enter how many people are coming, like 2"),
            ({"places": "0"}, "Enter 1 or more people"),
            ({"places": "13"}, "For more than 12 people, we can train at your workplace."),
        ],
    )
    def test_says_what_is_missing(self, client, shop, changes, words):
        before = Booking.objects.count()

        answer = client.post(shops.PLAIN["course"], choice(shop, **changes))

        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert "<title>Error: " in answer.content.decode()
        assert Booking.objects.count() == before

    def test_says_how_many_are_left_and_where_there_are_more(self, client, shop):
        bookings.hold(session_id=shop.sessions[0].pk, places=10, browser="h" * 32, now=shop.now)

        answer = client.post(shops.PLAIN["course"], choice(shop, places="3"))

        html = answer.content.decode()
        assert answer.status_code == 409
        assert "Only 2 places are left on this date. Choose 2, or another date." in html
        assert "has places." in html

    def test_holds_once_when_sent_twice(self, client, shop):
        before = Booking.objects.count()
        sent = choice(shop, idempotency_key="k" * 32)

        answers = [client.post(shops.PLAIN["course"], sent) for _ in range(2)]

        assert len({answer.headers["Location"] for answer in answers}) == 1
        assert Booking.objects.count() == before + 1

    def test_asks_for_the_certificate_of_a_requalification(self, client, shop):
        address = shops.PLAIN["course-requalification"]
        session = next(s for s in shop.sessions if s.course_id == shop.requalification.pk)
        wish = {"session": str(session.pk), "places": "1"}
        too_early = (shop.now - dt.timedelta(days=60)).date().isoformat()

        unasked = client.post(address, wish).content.decode()
        refused = client.post(address, wish | {"certificate_until": too_early}).content.decode()
        answer = client.post(address, wish | {"certificate_until": "2029-01-01"})

        assert "Enter the date your current certificate runs out" in unasked
        assert "You need the 3-day First Aid at Work course." in refused
        assert answer.status_code == 302

    def test_finds_no_past_or_made_up_date(self, client, shop):
        assert client.get(f"/sessions/{'0' * 8}-0000-0000-0000-{'0' * 12}/book/").status_code == 404


class TestWhosComing:
    def test_copies_who_comes_themselves_to_the_first_place(self, customer, shop):
        booking = shops.held(shop, places=1)

        answer = customer.post(f"/bookings/{booking.token}/details/", ONE_PERSON)

        booking.refresh_from_db()
        [attendee] = booking.attendees.all()
        assert answer.headers["Location"] == f"/bookings/{booking.token}/pay/"
        assert (attendee.name, attendee.email) == ("Ada Example", "ada@example.com")
        assert booking.customer.email == "ada@example.com"

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"coming": ""}, "Say whether you are coming yourself"),
            ({"name": ""}, "Enter your name"),
            ({"email": "ada"}, "Enter an email address in the right format, like name@example.com"),
            ({"phone": "ring me"}, "Enter a phone number we can reach you on, like 0113 496 0000"),
            ({}, "Enter the full name of attendee 2"),
            ({"invoice_to": "company"}, "Enter the company’s name"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_what_is_right(self, customer, shop, changes, words):
        booking = shops.held(shop)

        answer = customer.post(f"/bookings/{booking.token}/details/", ONE_PERSON | changes)

        html = answer.content.decode()
        assert answer.status_code == 422
        assert html.count(words) == 2  # in the summary and at the field
        assert 'value="ada@example.com"' in html or changes.get("email")
        assert Booking.objects.get(pk=booking.pk).customer is None

    def test_lets_a_company_name_people_later(self, customer, shop):
        booking = shops.held(shop, places=3)
        company = {
            "coming": "no", "invoice_to": "company", "company": "Example Ltd",
            "address": "1 Example Street", "postcode": "LS1 1AA", "purchase_order": "PO-1",
        }  # fmt: skip

        customer.post(f"/bookings/{booking.token}/details/", ONE_PERSON | company)
        html = customer.get(f"/bookings/{booking.token}/pay/").content.decode()

        assert html.count("Name to come") == 3
        assert "Purchase order PO-1" in html

    def test_shows_again_what_was_typed(self, customer, shop):
        html = customer.get(shops.address_of("details-filled", shop)).content.decode()

        assert 'value="Example Joinery Ltd"' in html
        assert 'value="PO-20417"' in html

    def test_asks_consent_only_when_the_date_is_near(self, customer, shop):
        near = shops.make_session(course=shop.course, on=shop.now.date() + dt.timedelta(days=5))
        booking = bookings.hold(
            session_id=near.pk, places=1, browser=shops.BROWSER, now=clock.now()
        )

        soon = customer.get(f"/bookings/{booking.token}/details/").content.decode()
        later = customer.get(shops.address_of("details", shop)).content.decode()

        assert "I agree that it can go ahead before my 14-day right" in soon
        assert "14-day right" not in later

    def test_is_closed_to_another_browser(self, client, shop):
        booking = shops.held(shop)

        answer = client.post(f"/bookings/{booking.token}/details/", ONE_PERSON)

        assert answer.status_code == 403
        assert Booking.objects.get(pk=booking.pk).customer is None

    def test_holds_once_when_sent_twice(self, customer, shop):
        booking = shops.held(shop, places=1)
        sent = ONE_PERSON | {"idempotency_key": "k" * 32}

        answers = [customer.post(f"/bookings/{booking.token}/details/", sent) for _ in range(2)]

        assert {answer.headers["Location"] for answer in answers} == {
            f"/bookings/{booking.token}/pay/"
        }


class TestTime:
    def test_more_is_given_and_the_step_is_shown_again(self, customer, shop):
        booking = shops.ready(shop)
        before = booking.hold_expires_at

        answer = customer.post(f"/bookings/{booking.token}/extend/", {"next": "pay"})

        booking.refresh_from_db()
        assert answer.headers["Location"].startswith(f"/bookings/{booking.token}/pay/")
        assert booking.hold_expires_at == before + dt.timedelta(minutes=5)

    def test_that_ended_is_renewed(self, customer, shop):
        booking = shops.ended(shop)

        answer = customer.post(f"/bookings/{booking.token}/renew/")

        booking.refresh_from_db()
        assert answer.headers["Location"] == f"/bookings/{booking.token}/pay/"
        assert booking.status == BookingStatus.HELD

    def test_that_ended_on_a_full_date_offers_others(self, customer, shop):
        booking = shops.gone(shop)

        answer = customer.post(f"/bookings/{booking.token}/renew/")

        html = answer.content.decode()
        booking.refresh_from_db()
        assert answer.status_code == 409
        assert html.count("Hold 2 places") >= 1
        assert booking.status == BookingStatus.EXPIRED

    def test_that_ended_moves_to_another_date_with_all_details(self, customer, shop):
        booking = shops.ended(shop)
        other = next(s for s in shop.sessions[1:] if s.course_id == shop.course.pk)

        answer = customer.post(f"/bookings/{booking.token}/rebook/", {"session": str(other.pk)})

        token = answer.headers["Location"].split("/")[2]
        new = Booking.objects.get(token=token)
        assert new.session_id == other.pk
        assert new.customer.company == "Example Joinery Ltd"
        assert [each.name for each in new.attendees.order_by("position")] == [
            "Person 1",
            "Person 2",
        ]


class TestPaying:
    def test_needs_details_first(self, customer, shop):
        booking = shops.held(shop)

        answer = customer.get(f"/bookings/{booking.token}/pay/")

        assert answer.headers["Location"] == f"/bookings/{booking.token}/details/"

    def test_of_nothing_confirms_the_booking(self, customer, shop):
        booking = shops.free(shop)

        answer = customer.post(f"/bookings/{booking.token}/pay/")

        booking.refresh_from_db()
        assert answer.headers["Location"] == f"/bookings/{booking.token}/status/"
        assert booking.status == BookingStatus.CONFIRMED

    def test_of_something_by_form_alone_takes_nothing(self, customer, shop):
        booking = shops.ready(shop)

        customer.post(f"/bookings/{booking.token}/pay/")

        booking.refresh_from_db()
        assert booking.status == BookingStatus.HELD

    def test_says_the_same_of_every_quiet_refusal(self, customer, shop):
        html = customer.get(shops.address_of("pay-failed", shop)).content.decode()

        assert "Your bank says there isn’t enough money on this card." in html
        assert "Nothing was taken." in html

    def test_closes_after_five_refusals(self, customer, shop):
        html = customer.get(shops.address_of("pay-closed", shop)).content.decode()

        assert "That’s several cards refused." in html
        assert "<stripe-pay" not in html

    def test_says_what_to_do_without_javascript(self, customer, shop):
        html = customer.get(shops.address_of("pay", shop)).content.decode()

        assert "Card payment needs JavaScript" in html
        assert "Your places are held until" in html


class TestStatus:
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("status-checking", "We’re checking your booking"),
            ("status-not-confirmed", "we’ve released the £192.00. Nothing was taken."),
            ("status-refused", "We couldn’t take this payment"),
            ("status-full", "We’ve sent all £192.00 back."),
            ("status-confirmed", "You’re booked"),
            ("status-cancelled", "This booking is cancelled"),
        ],
    )
    def test_says_what_is(self, customer, shop, name, words):
        assert words in customer.get(shops.address_of(name, shop)).content.decode()

    @pytest.mark.parametrize("name", ["status-waiting", "status-unknown", "status-slow"])
    def test_never_says_failed_while_it_is_not_known(self, customer, shop, name, monkeypatch):
        monkeypatch.setattr("payments.views.status.cache.add", lambda *_: False)

        html = customer.get(shops.address_of(name, shop)).content.decode()

        assert "failed" not in html.lower()
        assert 'hx-trigger="every 2s"' in html
        assert '<meta http-equiv="refresh" content="5">' in html

    def test_sends_a_waiting_page_on_when_the_outcome_is_there(self, customer, shop):
        booking = shops.confirmed(shop)

        answer = customer.get(
            f"/bookings/{booking.token}/status/",
            headers={"HX-Request": "true"},
        )

        assert answer.headers["HX-Redirect"] == f"/bookings/{booking.token}/status/"

    @pytest.mark.parametrize(("name", "place"), [("details", "details"), ("pay", "pay")])
    def test_sends_an_unpaid_booking_back_to_its_step(self, customer, shop, name, place):
        booking = shops.MAKERS[name](shop)

        answer = customer.get(f"/bookings/{booking.token}/status/", follow=True)

        assert answer.redirect_chain[-1][0] == f"/bookings/{booking.token}/{place}/"


class TestErrorPages:
    def test_reload_is_offered_when_a_form_was_open_too_long(self, shop):
        strict = Client(enforce_csrf_checks=True)

        answer = strict.post(shops.PLAIN["course"], choice(shop))

        assert answer.status_code == 403
        assert "This page was open too long" in answer.content.decode()

    def test_plain_ones_need_nothing(self):
        for status in (500, 503):
            html = (shops.ROOT / "templates" / f"{status}.html").read_text()
            assert "{%" not in html and "{{" not in html
            assert html.count("<link") == 1
