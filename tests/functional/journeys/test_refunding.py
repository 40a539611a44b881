"""Money back from the office's refund console, all of it and a part, as the customer then sees it."""

import pytest

from core.money import Money
from tests.functional.journeys.customer import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def booked(customer):
    """Two places, paid, with their invoice."""
    customer.chooses(2)
    customer.books_for_company("Ann One", "Bob Two")
    customer.pays()
    customer.sees("You’re booked")
    customer.papers(at_least=1)
    return customer


def give_back(office, customer, *, choice: str, reason: str, other: str = "", keep: bool = False):
    """The refund console as the office uses it: choose, look at what it does, press the amount."""
    [payment] = customer.payments
    page = office.page
    page.goto(f"/admin/payments/payment/{payment.pk}/refund/")
    page.locator(f"input[name=choice][value={choice}]").check()
    if other:
        page.locator("input[name=other]").fill(other)
    page.locator("select[name=reason]").select_option(reason)
    if keep:
        for box in page.locator("input[name=cancel]").all():
            box.uncheck()
    page.get_by_role("button", name="See what this does").click()
    page.get_by_role("button", name="Refund £").click()
    eventually(
        lambda: payment.refunds.order_by("-created_at").values_list("status", flat=True)[:1],
        lambda found: list(found) == ["succeeded"],
    )


class TestAllOfIt:
    def test_cancels_the_booking_and_credits_its_invoice(self, booked, office):
        give_back(office, booked, choice="full", reason="we_cancelled")

        assert booked.booking.status == "cancelled"
        invoice, note = booked.papers(at_least=2)
        assert (note.refers_to_id, note.gross) == (invoice.pk, Money(19200))
        booked.page.goto(f"/bookings/{booked.token}/")
        booked.reads("This booking is cancelled. Nobody is expected.")
        booked.reads("£192.00 sent back to the Visa card ending 4242")
        booked.reads("Credit note")
        booked.mails("payments.refund_on_its_way", "invoicing.credit_note")


class TestAPart:
    def test_keeps_the_places_and_shows_both_amounts(self, booked, office):
        give_back(
            office, booked, choice="other", other="48.00", reason="goodwill", keep=True
        )  # fmt: skip

        assert booked.booking.status == "confirmed"
        _, note = booked.papers(at_least=2)
        assert (note.gross, note.vat) == (Money(4800), Money(800))
        booked.page.goto(f"/bookings/{booked.token}/")
        booked.reads("Part refunded")
        booked.reads("£48.00 sent back to the Visa card ending 4242")
        assert [each.refunded_minor for each in booked.payments] == [4800]
