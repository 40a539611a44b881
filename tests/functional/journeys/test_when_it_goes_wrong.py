"""The card form late or kept away, the connection lost, cards out of order, and no JavaScript at all."""

import pytest
from playwright.sync_api import expect

from tests.functional import chromium as browsers
from tests.functional.journeys.customer import Customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAYMENTS = "**/api/v1/bookings/*/payments/"


@pytest.fixture
def paying(customer):
    customer.chooses()
    customer.is_coming()
    customer.gives_card("4242424242424242")
    yield customer
    # What the browser itself says of requests that we kept from it.
    customer.visitor.complaints.clear()


class TestTheCardForm:
    def test_that_is_kept_away_says_so_and_whom_to_call(self, customer):
        customer.page.route("**/js/stripe.js", lambda route: route.abort())
        customer.chooses()
        customer.is_coming()

        customer.reads("Something is stopping the card form from loading, often a work network.")
        expect(customer.page.locator("[data-slow]")).to_contain_text("0113 496 0112")
        expect(customer.page.get_by_role("button", name="Reload")).to_be_visible()
        assert (customer.booking.status, customer.payments) == ("held", [])
        customer.visitor.complaints.clear()

    def test_that_is_slow_says_so_and_then_arrives(self, customer):
        waiting = []
        # Not `waiting.append` itself: Playwright writes an attribute on its handlers.
        customer.page.route("**/js/card-frame?*", lambda route: waiting.append(route))  # noqa: PLW0108
        customer.chooses()
        customer.is_coming()
        customer.reads("The card form is taking longer than usual.")

        waiting[0].continue_()

        expect(customer.page.locator("[data-slow]")).to_be_empty(timeout=20_000)
        assert (customer.booking.status, customer.payments) == ("held", [])


class TestTheConnection:
    def test_that_is_lost_leads_to_one_payment_not_two(self, paying):
        page = paying.page
        page.route(PAYMENTS, lambda route: route.abort())
        page.get_by_role("button", name="Pay £96.00").click()
        paying.reads("We lost the connection. Press the button again: we never charge twice.")
        assert paying.payments == []
        page.unroute(PAYMENTS)

        page.get_by_role("button", name="Pay £96.00").click()

        paying.sees("You’re booked")
        assert len(paying.payments) == 1


class TestCardsOutOfOrder:
    def test_say_that_nothing_was_taken_and_until_when_places_are_held(self, paying):
        answer = {"status": 503, "json": {"code": "payments_unavailable", "status": 503}}
        paying.page.route(PAYMENTS, lambda route: route.fulfill(**answer))
        paying.page.get_by_role("button", name="Pay £96.00").click()

        paying.reads("We can’t take cards right now. Nothing was taken.")
        paying.reads("Your places are held until")
        assert (paying.booking.status, paying.payments) == ("held", [])


class TestWithoutJavaScript:
    def test_everything_works_up_to_the_card(self, stack, chromium, shop):
        options = {"java_script_enabled": False, "width": 390}
        with browsers.visitor(chromium, stack.url, **options) as visitor:
            customer = Customer(visitor, shop)
            page = customer.page
            page.goto("/?near=Leeds&distance=40")
            page.get_by_role("link", name="Book Emergency").first.click()
            page.get_by_label("How many people?").fill("2")
            page.get_by_role("button", name="Continue").click()
            customer.sees("Who’s coming?")
            customer.reads("2 places held until")
            customer.books_for_company("Ann One", "Bob Two")

            # Chromium under test parses <noscript> as if scripts ran, so its words are text there.
            assert "Card payment needs JavaScript" in page.locator("noscript").text_content()
            customer.reads("Ann One")
            assert customer.booking.status == "held"
            page.get_by_role("button", name="Need longer?").click()
            assert customer.booking.extensions == 1


BIG_LETTERS = """addEventListener("DOMContentLoaded", () => {
  document.documentElement.style.fontSize = "200%";
});"""


class TestTheKeyboard:
    def test_alone_books_a_place_in_big_letters_and_without_movement(self, stack, chromium, shop):
        with browsers.visitor(chromium, stack.url, reduced_motion="reduce") as visitor:
            visitor.context.add_init_script(BIG_LETTERS)
            self.books(Customer(visitor, shop))
            assert not browsers.overflows(visitor.page)
            visitor.has_no_complaints()

    def books(self, customer):
        page = customer.page
        page.goto("/courses/emergency-first-aid-at-work/")
        reach(page, "#book input[name=session]:not([disabled])")
        page.keyboard.press("Space")
        reach(page, "#book button[type=submit]")
        page.keyboard.press("Enter")
        customer.sees("Who’s coming?")
        reach(page, "input[name=coming]")
        page.keyboard.press("Space")
        reach(page, "#id_name")
        page.keyboard.type("Ada Example")
        reach(page, "#id_email")
        page.keyboard.type("ada@example.com")
        reach(page, "input[name=invoice_to]")
        page.keyboard.press("Space")
        reach(page, "who-form button[type=submit]")
        page.keyboard.press("Enter")

        customer.sees("Check and pay")
        assert customer.booking.customer.name == "Ada Example"


def reach(page, selector: str) -> None:
    """Tab by tab until the focus is there."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard never reaches {selector}")
