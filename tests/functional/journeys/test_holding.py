"""Held places: more time, the end of it, and the same places again with all that was typed."""

import datetime as dt

import pytest

from courses.models import Booking

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def ends_now(token: str) -> None:
    """The hold ran out a minute ago, as if the customer had been away."""
    late = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    Booking.objects.filter(token=token).update(hold_expires_at=late)


class TestMoreTime:
    def test_is_given_without_leaving_the_page(self, customer):
        customer.chooses()
        customer.is_coming()
        before = customer.booking.hold_expires_at
        customer.gives_card("4242424242424242")

        customer.page.get_by_role("button", name="Need longer?").click()

        customer.reads("You have 5 more minutes")
        assert customer.booking.hold_expires_at == before + dt.timedelta(minutes=5)
        fields = customer.page.frame_locator("iframe[name=payment-element]")
        assert fields.get_by_label("Card number").input_value().startswith("4242")


class TestAnEndedHold:
    def test_is_renewed_in_one_press_and_paid(self, customer):
        customer.chooses(2)
        customer.books_for_company("Ann One", "Bob Two")
        ends_now(customer.token)
        customer.page.reload()
        customer.sees("Your places went back on sale")
        customer.reads("Everything you typed is kept. Nothing was taken.")
        customer.reads("2 places are still there.")

        customer.page.get_by_role("button", name="Hold them again").click()

        customer.sees("Check and pay")
        customer.reads("Bob Two")
        assert (customer.booking.status, customer.booking.renewals) == ("held", 1)

        customer.pays()

        customer.sees("You’re booked")
        assert customer.booking.status == "confirmed"
        customer.papers(at_least=1)
        customer.mails("courses.confirmation", "invoicing.invoice")

    def test_moves_to_another_date_with_all_details(self, customer):
        customer.chooses(2)
        customer.books_for_company("Ann One", "Bob Two")
        first = customer.token
        ends_now(first)
        customer.page.reload()

        customer.page.get_by_role("button", name="Hold 2 places").first.click()

        customer.sees("Check and pay")
        customer.reads("Example Joinery Ltd")
        assert customer.token != first
        assert customer.booking.customer.email == "office@example.com"
