"""Put on the blacklist while the places are held: stopped before the card is charged, and told nothing of why."""

import pytest

from core import clock
from courses.models import Booking
from fraud.models import Assessment, BlacklistEntry
from fraud.services import lists
from payments.models import Payment, PaymentStatus
from tests.functional.journeys.customer import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "/admin/fraud/blacklistentry/"
EMAIL = "ada@example.com"


def blocks(office, value: str) -> BlacklistEntry:
    """As the office does it: value, reason, preview, save."""
    page = office.page
    page.goto(f"{LIST}add/?kind=email")
    page.get_by_label("Value").fill(value)
    page.get_by_label("Reason").fill("Tested cards this morning")
    page.get_by_role("button", name="See what this does").click()
    page.get_by_role("button", name="Stop this").click()
    page.wait_for_url(f"**{LIST}**kind=email")
    return BlacklistEntry.objects.get()


def ready_to_pay(customer) -> None:
    customer.chooses()
    customer.is_coming(EMAIL)


class TestInTheMiddleOfACheckout:
    def test_is_stopped_before_the_card_is_charged(self, customer, office, stack):
        ready_to_pay(customer)
        held = customer.booking
        assert held.status == "held"
        entry = blocks(office, EMAIL)

        customer.pays()

        customer.sees("We couldn’t take this payment")
        eventually(lambda: Booking.objects.get(pk=held.pk).status, lambda now: now == "cancelled")
        payment = Payment.objects.get(booking=held)
        assert payment.status == PaymentStatus.BLOCKED
        assert not payment.gateway_id
        books = stack.sandbox.books()
        assert not [
            intent
            for intent in books["payment_intents"]
            if intent.get("metadata", {}).get("booking") == held.reference
        ]
        judged = Assessment.objects.get(payment_id=payment.pk)
        assert (judged.band, judged.score) == ("high", 100)
        assert "Tested cards this morning" in str(judged.readings)
        entry.refresh_from_db()
        assert entry.hits == 1

    def test_the_customer_is_told_nothing_of_why(self, customer, office):
        ready_to_pay(customer)
        blocks(office, EMAIL)

        customer.pays()

        customer.sees("We couldn’t take this payment")
        words = set(customer.page.locator("main").inner_text().lower().split())
        assert not {"fraud", "score", "risk", "blacklist", "list", "blocked"} & words

    def test_an_entry_taken_off_again_stops_nobody(self, customer, office):
        ready_to_pay(customer)
        entry = blocks(office, EMAIL)
        lists.remove(entry_id=entry.pk, reason="Wrong customer", actor="staff:1", now=clock.now())

        customer.pays()

        customer.sees("You’re booked")
        assert customer.booking.status == "confirmed"
        entry.refresh_from_db()
        assert entry.hits == 0
