"""Chromium for the pages: looks for it, keeps what it complains about, and checks a page with axe."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests import requirements

WIDE, NARROW, NARROWEST = 1280, 390, 320
HEIGHT = 900
ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]
# What the browser says of answers that a test expects to be refusals.
EXPECTED = "Failed to load resource: the server responded with a status of 4"


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(
        executable_path=str(requirements.need("chromium")), args=ARGUMENTS
    )


@dataclass
class Visitor:
    """One browser profile on our site, and all that its console and its policy complained about."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> Visitor:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.context.add_init_script(
            "addEventListener('securitypolicyviolation', (event) => "
            "console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))"
        )
        return self

    def has_no_complaints(self) -> None:
        assert self.complaints == []

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
            self.complaints.append(message.text)


@contextmanager
def visitor(
    browser: Browser, url: str, *, width: int = 1280, theme: str = "light", cookie: str = "",
    **options: Any,
) -> Iterator[Visitor]:  # fmt: skip
    """A fresh profile; `cookie` is the browser that booked."""
    context = browser.new_context(
        base_url=url, viewport={"width": width, "height": HEIGHT}, color_scheme=theme, **options
    )
    context.set_default_timeout(20_000)
    if cookie:
        context.add_cookies([{"name": "rft_browser", "value": cookie, "url": url}])
    try:
        yield Visitor(context, context.new_page()).listen()
    finally:
        context.close()


def width(page: Page, pixels: int) -> None:
    page.set_viewport_size({"width": pixels, "height": HEIGHT})


def overflows(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def accessibility_violations(page: Page, **options: Any) -> list[str]:
    """What axe finds, of all its rules or of those that the options choose, as sentences."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return page.evaluate(VIOLATIONS, {"resultTypes": ["violations"], **options})


# Only what is wrong leaves the page: all that axe looked at is a hundred times as much.
VIOLATIONS = """async (options) => (await axe.run(options)).violations.map(
    (found) => `${found.id}: ${found.help} ${JSON.stringify(found.nodes.map((each) => each.target))}`
)"""


@contextmanager
def started() -> Iterator[Browser]:
    """Chromium for a whole run. Playwright keeps an event loop in this thread, which Django would take
    for asynchronous code."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
