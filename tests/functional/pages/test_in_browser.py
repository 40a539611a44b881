"""Each page in each state in Chromium, at both widths and in both themes: axe finds nothing, nothing is cut off at the
narrowest screen or in letters of twice the size, the console is quiet and no policy is broken."""

from itertools import cycle

import pytest

from core import clock
from core.sagas.models import SagaRun
from payments.models import Payment
from tests.functional import chromium as browsers
from tests.functional.chromium import NARROW, NARROWEST, WIDE, Visitor
from tests.functional.pages import shop as shops
from tests.functional.pages.shop import EVERY_STATE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Every page in two of the four looks, and its neighbour, made of the same parts, in the two others.
LOOKS = (((WIDE, "light"), (NARROW, "dark")), ((WIDE, "dark"), (NARROW, "light")))
# These ask Stripe, or go elsewhere by themselves: made right before they are looked at.
MOVING = ["status-slow", "status-unknown", "status-waiting"]
LETTERS = "size => { document.documentElement.style.fontSize = size; }"


@pytest.fixture
def shop(stack, settings):
    """All is booked by one browser, which may not hold so much at once outside of a test."""
    settings.HOLDS_PER_BROWSER = settings.PLACES_PER_BROWSER = 1000
    return shops.open_shop()


class TestEveryState:
    def test_is_for_everyone(self, stack, chromium, shop):
        """One visit to all of them, since making the shop costs more than looking at a page."""
        wrong: dict[str, list[str]] = {}

        with looking(stack, chromium) as seen:
            for name, looks in zip([*STILL, *MOVING], cycle(LOOKS), strict=False):
                address = (
                    waiting_page(name, shop) if name in MOVING else shops.address_of(name, shop)
                )
                if found := wrong_with(seen, address, looks):
                    wrong[name] = found

        assert wrong == {}

    def test_can_be_used_with_the_keyboard(self, stack, chromium, shop):
        """Tab reaches the skip link first, then everything that can be pressed, and never gets stuck."""
        with looking(stack, chromium) as seen:
            seen.page.goto(shops.address_of("choose", shop))
            seen.page.keyboard.press("Tab")
            assert seen.page.evaluate("document.activeElement.textContent") == (
                "Skip to main content"
            )
            reached = set()
            for _ in range(60):
                seen.page.keyboard.press("Tab")
                reached.add(seen.page.evaluate(WHAT_HAS_FOCUS))

        assert {"radio session", "number places", "submit"} <= reached


STILL = [name for name in EVERY_STATE if name not in MOVING]
WHAT_HAS_FOCUS = """() => {
  const element = document.activeElement;
  return [element.type, element.name].filter(Boolean).join(" ");
}"""


def looking(stack, chromium):
    """The browser that booked. Without movement, so that no colour is seen on its way to another."""
    return browsers.visitor(chromium, stack.url, cookie=shops.BROWSER, reduced_motion="reduce")


def waiting_page(name: str, shop: shops.Shop) -> str:
    """A page that waits for a payment whose journey has done all that it could: the gateway knows nothing of it."""
    address, now = shops.address_of(name, shop), clock.now()
    payment = Payment.objects.get(booking__token=address.split("/")[2])
    SagaRun.objects.create(
        name="payment", version=1, subject_id=payment.pk, state="completed", step="confirm",
        started_at=now, deadline_at=now, changed_at=now, finished_at=now, due_at=now,
    )  # fmt: skip
    return address


def wrong_with(seen: Visitor, address: str, looks) -> list[str]:
    """What is wrong with the page. What it said itself comes first: axe talks to frames of other origins, which
    Chromium reports. Each look is a visit: an open page takes the colours of another theme one after the other."""
    page, wrong = seen.page, []
    for size, theme in looks:
        browsers.width(page, size)
        page.emulate_media(color_scheme=theme)
        seen.complaints.clear()
        page.goto(address)
        wrong += seen.complaints
        wrong += [f"{theme} {size}: {each}" for each in browsers.accessibility_violations(page)]
        wrong += [f"wider than {size} px"] if browsers.overflows(page) else []
    browsers.width(page, NARROWEST)
    wrong += ["wider than 320 px"] if browsers.overflows(page) else []
    browsers.width(page, WIDE)
    page.evaluate(LETTERS, "200%")
    wrong += ["at 200 % text wider than the window"] if browsers.overflows(page) else []
    return wrong
