"""Each page in each state in Chromium: axe finds nothing, nothing is wider than the screen, no policy is broken."""

import pytest
from django.core.cache import cache

from payments.models import Payment
from tests.functional.chromium import accessibility_violations, visitor
from tests.functional.pages import shop as shops
from tests.functional.pages.shop import EVERY_STATE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = [1280, 390]
# What the theme alone can change; the rest of a page is the same in both.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
NARROWEST = 320
# These ask Stripe, or go elsewhere by themselves: made right before they are looked at.
MOVING = ["status-slow", "status-unknown", "status-waiting"]
STILL = [name for name in EVERY_STATE if name not in MOVING]


@pytest.fixture
def addresses(stack, settings):
    """All made by one browser, which may not hold so much at once outside of a test."""
    settings.HOLDS_PER_BROWSER = settings.PLACES_PER_BROWSER = 1000
    shop = shops.open_shop()
    return {name: shops.address_of(name, shop) for name in STILL}


class TestEveryState:
    def test_is_for_everyone(self, stack, chromium, addresses):
        """One visit to all of them, since making the shop costs more than looking at a page."""
        found: dict[str, list[str]] = {}

        for width in WIDTHS:
            with looking(stack, chromium, width) as seen:
                for name, address in addresses.items():
                    found |= looked_at(seen, f"{name} {width}", address)

        assert found == {}

    @pytest.mark.parametrize("name", MOVING)
    def test_is_for_everyone_while_it_waits(self, stack, chromium, name):
        found: dict[str, list[str]] = {}
        address = waiting_page(name)

        for width in WIDTHS:
            with looking(stack, chromium, width) as seen:
                found |= looked_at(seen, f"{name} {width}", address)
                assert seen.page.locator("#state .waiting-bar").is_visible()

        assert found == {}

    def test_fits_the_narrowest_screen(self, stack, chromium, addresses):
        wide = {}

        with looking(stack, chromium, NARROWEST) as seen:
            for name, address in addresses.items():
                seen.page.goto(address)
                wide[name] = seen.page.evaluate("document.documentElement.scrollWidth")

        assert {name: width for name, width in wide.items() if width > NARROWEST} == {}

    def test_can_be_used_with_the_keyboard(self, stack, chromium, addresses):
        """Tab reaches the skip link first, then everything that can be pressed, and never gets stuck."""
        with looking(stack, chromium) as seen:
            seen.page.goto(addresses["choose"])
            seen.page.keyboard.press("Tab")
            assert seen.page.evaluate("document.activeElement.textContent") == (
                "Skip to main content"
            )
            reached = set()
            for _ in range(60):
                seen.page.keyboard.press("Tab")
                reached.add(seen.page.evaluate(WHAT_HAS_FOCUS))

        assert {"radio session", "number places", "submit"} <= reached


WHAT_HAS_FOCUS = """() => {
  const element = document.activeElement;
  return [element.type, element.name].filter(Boolean).join(" ");
}"""


def looking(stack, chromium, width: int = 1280):
    """The browser that booked. Without movement, so that no colour is seen on its way to another."""
    look = {"width": width, "cookie": shops.BROWSER, "reduced_motion": "reduce"}
    return visitor(chromium, stack.url, **look)


def waiting_page(name: str) -> str:
    """A page that waits for a payment which the gateway was asked after a moment ago."""
    address = shops.address_of(name, shops.open_shop())
    payment = Payment.objects.get()
    cache.set(f"status-asked:{payment.pk}", True, timeout=60)
    return address


def looked_at(seen, look: str, address: str) -> dict[str, list[str]]:
    """In light and then in dark."""
    wrong = []
    for theme, rules in (("light", {}), ("dark", COLOURS)):
        seen.complaints.clear()
        seen.page.emulate_media(color_scheme=theme)
        seen.page.goto(address)
        # First what the page itself said: axe talks to frames of other origins, which Chromium reports.
        found = [*seen.complaints, *accessibility_violations(seen.page, **rules)]
        wrong += [f"{theme}: {each}" for each in found]
    return {look: wrong} if wrong else {}
