"""A throw-away address has the bank asked; a card that was disputed as fraud goes to a person, and then nowhere."""

import pytest
from playwright.sync_api import expect

from fraud.models import Assessment, BlacklistEntry, Outcome
from fraud.selectors import ReviewCase
from payments.models import Dispute, PaymentStatus
from tests.functional import chromium as browsers
from tests.functional.journeys.customer import PATIENCE_MS, Customer, eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
THROW_AWAY = "ada@mailinator.com"
# Its bank asks when we want it to.
ASKED_IF_WANTED = "4000000000003055"
STOLEN = "5555555555554444"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NO_PROGRAM = "Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false });"


@pytest.fixture
def by_hand(stack, chromium, shop):
    """A browser that nobody takes for a program's, so that only the address speaks."""
    with browsers.visitor(chromium, stack.url, user_agent=FIREFOX) as visitor:
        visitor.context.add_init_script(NO_PROGRAM)
        yield Customer(visitor, shop)
        visitor.has_no_complaints()


def before(payment) -> Assessment:
    return Assessment.objects.get(payment_id=payment.pk, stage="before")


class TestAThrowAwayAddress:
    def test_has_the_bank_asked_and_may_pay_when_it_says_yes(self, by_hand):
        by_hand.chooses()
        by_hand.is_coming(THROW_AWAY)
        by_hand.pays(ASKED_IF_WANTED)
        by_hand.answers_bank("Authenticate")

        by_hand.sees("You’re booked")
        [payment] = by_hand.payments
        judged = before(payment)
        points = {each["signal"]: each["points"] for each in judged.readings}
        assert points["disposable_email"] == 30
        assert judged.three_d_secure
        assert payment.status == PaymentStatus.SUCCEEDED

    def test_is_what_makes_the_difference(self, by_hand):
        by_hand.chooses()
        by_hand.is_coming("ada@example.com")
        by_hand.pays(ASKED_IF_WANTED)

        by_hand.sees("You’re booked")
        [payment] = by_hand.payments
        assert not before(payment).three_d_secure


class TestACardDisputedAsFraud:
    def test_goes_to_a_person_and_once_blocked_nowhere(
        self, customer, office, stack, chromium, shop
    ):
        books(customer, "first@example.com")
        customer.sees("You’re booked")
        [paid] = customer.payments
        stack.sandbox.dispute(payment_intent=paid.gateway_id, reason="fraudulent")
        eventually(
            lambda: list(Dispute.objects.filter(payment=paid)), lambda found: len(found) == 1
        )
        assert Outcome.objects.filter(payment_id=paid.pk, kind="disputed").count() == 1
        learnt = BlacklistEntry.objects.values_list("kind", "effect", "source").order_by("kind")
        assert list(learnt) == [
            (kind, "review", "automatic") for kind in ("card", "device", "email")
        ]

        with browsers.visitor(chromium, stack.url) as visitor:
            second = Customer(visitor, shop)
            books(second, "second@example.org")
            second.sees("We’re checking your booking")
            [held] = second.payments
            assert held.status == PaymentStatus.AUTHORISED
            declines_and_blocks_the_card(office, ReviewCase.objects.get(payment_id=held.pk))
            eventually(lambda: second.booking.status, lambda status: status == "cancelled")
            second.page.reload()
            second.sees("We couldn’t confirm your booking")

        with browsers.visitor(chromium, stack.url) as visitor:
            third = Customer(visitor, shop)
            books(third, "third@example.net")
            third.sees("We couldn’t take this payment")
            [stopped] = third.payments
        assert (stopped.status, stopped.gateway_id) == (PaymentStatus.BLOCKED, None)
        assert before(stopped).score == 100


def books(customer: Customer, email: str) -> None:
    customer.chooses()
    customer.is_coming(email)
    customer.pays(STOLEN)


def declines_and_blocks_the_card(office, case: ReviewCase) -> None:
    page = office.page
    page.goto(f"/admin/fraud/reviewcase/{case.pk}/decide/")
    why = page.get_by_text("1 confirmed fraud among 1 known payment with this card")
    expect(why.first).to_be_visible(timeout=PATIENCE_MS)
    page.keyboard.press("d")
    page.get_by_label("Stolen or tested card").check()
    page.locator("input[name=block][value=card]").check()
    page.get_by_role("button", name="Decline and release £96.00").click()
    released = page.get_by_text("£96.00 was released, nothing was taken.")
    expect(released.first).to_be_visible(timeout=PATIENCE_MS)
