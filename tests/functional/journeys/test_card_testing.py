"""Somebody tries out cards: locked at the sixth try, while the colleague at the next desk books and pays."""

import pytest

from fraud.models import Assessment, FraudAttempt
from payments.models import PaymentStatus
from tests.functional import chromium as browsers
from tests.functional.journeys.customer import NO_MONEY, Customer, eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOST = "4000000000009987"
DECLINES = 5


def is_refused(customer: Customer, number: str) -> None:
    """One more card, one more no of the bank."""
    before = len(customer.payments)
    customer.pays(number)
    eventually(
        lambda: [each.status for each in customer.payments],
        lambda found: found == [PaymentStatus.FAILED] * (before + 1),
    )
    eventually(lambda: customer.booking.status, lambda status: status == "held")


@pytest.fixture
def tester(customer) -> Customer:
    """Five refusals of two cards (with a third card it would have been over at the fourth try), which close
    that booking; then a new one, with another address and a good card."""
    customer.chooses()
    customer.is_coming("tester@example.com")
    for number in range(DECLINES):
        is_refused(customer, (NO_MONEY, LOST)[number % 2])
    customer.page.reload()
    customer.reads("That’s several cards refused.")
    assert len(customer.payments) == DECLINES
    customer.chooses()
    customer.is_coming("tester.again@example.org")
    return customer


def judged(payment) -> Assessment:
    return Assessment.objects.get(payment_id=payment.pk, stage="before")


class TestACardTester:
    def test_is_locked_at_the_sixth_try_and_the_colleague_in_the_same_office_is_not(
        self, tester, stack, chromium, shop
    ):
        tester.pays()

        tester.sees("We couldn’t take this payment")
        [sixth] = tester.payments
        assert (sixth.status, sixth.gateway_id) == (PaymentStatus.BLOCKED, None)
        assert FraudAttempt.objects.get(payment_id=sixth.pk).verdict == "blocked"
        assert "5 declines" in str(judged(sixth).readings)
        eventually(lambda: tester.booking.status, lambda status: status == "cancelled")

        with browsers.visitor(chromium, stack.url) as visitor:
            colleague = Customer(visitor, shop)
            colleague.chooses()
            colleague.is_coming("colleague@example.com")
            colleague.pays()

            colleague.sees("You’re booked")
            [paid] = colleague.payments
        one, other = judged(sixth), judged(paid)
        assert paid.status == PaymentStatus.SUCCEEDED
        assert one.keys["address"] == other.keys["address"]
        assert one.keys["device"] != other.keys["device"]
        assert (other.band, other.three_d_secure) == ("low", True)

    def test_is_told_nothing_of_why(self, tester):
        tester.pays()

        tester.sees("We couldn’t take this payment")
        words = set(tester.page.locator("main").inner_text().lower().split())
        assert not {"fraud", "score", "risk", "testing", "locked", "blocked"} & words
