"""Each page in each state in Chromium: axe finds nothing, nothing is wider than the screen, no policy is broken."""

import pytest

from tests.functional.chromium import accessibility_violations, visitor
from tests.functional.pages import shop as shops
from tests.functional.pages.shop import EVERY_STATE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
NARROWEST = 320
# These ask Stripe, or go elsewhere by themselves; the journeys see them with a real payment.
MOVING = {"status-slow", "status-unknown", "status-waiting"}
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

        for width, theme in LOOKS:
            look = {"width": width, "theme": theme, "cookie": shops.BROWSER}
            with visitor(chromium, stack.url, **look) as seen:
                for name, address in addresses.items():
                    found |= looked_at(seen, f"{name} {width} {theme}", address)

        assert found == {}

    def test_fits_the_narrowest_screen(self, stack, chromium, addresses):
        wide = {}

        with visitor(chromium, stack.url, width=NARROWEST, cookie=shops.BROWSER) as seen:
            for name, address in addresses.items():
                seen.page.goto(address)
                wide[name] = seen.page.evaluate("document.documentElement.scrollWidth")

        assert {name: width for name, width in wide.items() if width > NARROWEST} == {}

    def test_can_be_used_with_the_keyboard(self, stack, chromium, addresses):
        """Tab reaches the skip link first, then everything that can be pressed, and never gets stuck."""
        with visitor(chromium, stack.url, cookie=shops.BROWSER) as seen:
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


def looked_at(seen, look: str, address: str) -> dict[str, list[str]]:
    seen.complaints.clear()
    seen.page.goto(address)
    # First what the page itself said: axe talks to frames of other origins, which Chromium reports.
    wrong = [*seen.complaints, *accessibility_violations(seen.page)]
    return {look: wrong} if wrong else {}
