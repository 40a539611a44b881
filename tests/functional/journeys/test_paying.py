"""From a date to a confirmed place: alone, for a company, through the bank's question, and after a refusal."""

import pytest

from core.money import Money
from payments.models import PaymentStatus
from tests.functional.journeys.customer import ASKS_BANK, NO_MONEY, eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def statuses(customer) -> list[str]:
    return [payment.status for payment in customer.payments]


class TestOnePerson:
    def test_books_and_pays_by_card(self, customer):
        customer.chooses()
        customer.is_coming()
        customer.pays()

        customer.sees("You’re booked")
        customer.reads(customer.booking.reference)
        customer.reads("ada@example.com")
        assert customer.booking.status == "confirmed"
        assert statuses(customer) == [PaymentStatus.SUCCEEDED]
        [invoice] = customer.papers(at_least=1)
        assert invoice.gross == Money(9600)
        mails = ("courses.confirmation", "courses.joining", "invoicing.invoice")
        assert customer.mails(*mails) == sorted(mails)

    def test_finds_invoice_and_calendar_behind_their_link(self, customer):
        customer.chooses()
        customer.is_coming()
        customer.pays()
        customer.sees("You’re booked")
        customer.papers(at_least=1)
        link = f"/bookings/{customer.token}/"

        pdf = customer.page.request.get(f"{link}invoice.pdf")
        calendar = customer.page.request.get(f"{link}calendar.ics")
        customer.page.goto(link)

        assert pdf.body().startswith(b"%PDF")
        assert "BEGIN:VEVENT" in calendar.text()
        customer.reads("Booked and paid")
        customer.reads("£96.00 paid with the Visa card ending 4242")
        customer.reads("Invoice INV-")


class TestCompany:
    def test_books_three_with_a_purchase_order(self, customer):
        customer.chooses(3)
        customer.books_for_company("Ann One", "Bob Two", "Cid Three")
        customer.reads("Example Joinery Ltd")
        customer.reads("Purchase order PO-20417")
        customer.reads("Cid Three")
        customer.pays()

        customer.sees("You’re booked")
        customer.reads("£288.00")
        booking = customer.booking
        assert (booking.status, booking.places) == ("confirmed", 3)
        assert booking.purchase_order == "PO-20417"
        names = [each.name for each in booking.attendees.order_by("position")]
        assert names == ["Ann One", "Bob Two", "Cid Three"]
        [invoice] = customer.papers(at_least=1)
        assert (invoice.gross, invoice.vat) == (Money(28800), Money(4800))
        customer.mails("courses.confirmation", "invoicing.invoice")


class TestTheBanksQuestion:
    def test_passed(self, customer):
        customer.chooses()
        customer.is_coming()
        customer.pays(ASKS_BANK)
        customer.reads("Waiting for your bank…")
        customer.answers_bank("Authenticate")

        customer.sees("You’re booked")
        assert statuses(customer) == [PaymentStatus.SUCCEEDED]

    def test_failed(self, customer):
        customer.chooses()
        customer.is_coming()
        customer.pays(ASKS_BANK)
        customer.answers_bank("Fail")

        customer.reads("Your bank couldn’t confirm it was you.")
        customer.reads("Nothing was taken.")
        assert customer.booking.status == "held"
        assert statuses(customer) == [PaymentStatus.FAILED]

    def test_closed_is_the_same_as_failed(self, customer):
        customer.chooses()
        customer.is_coming()
        customer.pays(ASKS_BANK)
        customer.answers_bank("Close")

        customer.reads("Nothing was taken.")
        assert customer.booking.status == "held"

    def test_abandoned_then_approved(self, customer):
        customer.chooses()
        customer.is_coming()
        customer.pays(ASKS_BANK)
        customer.reads("Waiting for your bank…")
        customer.leaves_for("/")
        customer.comes_back()

        customer.sees("Your bank wants you to approve the payment")
        customer.reads("Nothing has been taken yet.")
        assert customer.booking.status == "paying"
        assert statuses(customer) == [PaymentStatus.REQUIRES_ACTION]

        customer.page.get_by_role("button", name="Approve £96.00").click()
        customer.answers_bank("Authenticate")

        customer.sees("You’re booked")
        assert statuses(customer) == [PaymentStatus.SUCCEEDED]


class TestARefusedCard:
    def test_stays_on_the_page_and_the_next_card_pays(self, customer):
        customer.chooses()
        customer.is_coming()
        customer.pays(NO_MONEY)
        customer.reads("Your bank says there isn’t enough money on this card.")
        assert customer.page.evaluate("document.activeElement.getAttribute('role')") == "alert"
        assert customer.booking.status == "held"

        customer.pays()

        customer.sees("You’re booked")
        assert statuses(customer) == [PaymentStatus.FAILED, PaymentStatus.SUCCEEDED]
        assert len(customer.papers(at_least=1)) == 1

    def test_takes_one_payment_however_often_the_button_is_pressed(self, customer):
        customer.chooses()
        customer.is_coming()
        customer.gives_card("4242424242424242")
        customer.page.get_by_role("button", name="Pay £96.00").dblclick()

        customer.sees("You’re booked")
        assert len(customer.payments) == 1
        eventually(lambda: customer.booking.status, lambda status: status == "confirmed")
