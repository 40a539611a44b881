"""A signed-in browser on the back office, that notes whatever goes wrong in the page."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests import requirements
from tests.core.backoffice import staff

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}


@dataclass
class Desk:
    """One browser page and its complaints: console errors, refused policies, failed requests."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        answer = self.page.goto(self.base + path)
        if answer is None or answer.status >= 400:
            self.complaints.append(f"{path}: {answer and answer.status}")
        self.page.wait_for_function("window.Alpine && document.readyState === 'complete'")

    def dark(self, on: bool) -> None:
        self.page.evaluate("on => document.documentElement.classList.toggle('dark', on)", on)

    def took_issue(self) -> list[str]:
        said, self.complaints[:] = list(self.complaints), []
        return said


@pytest.fixture(scope="session")
def chromium() -> Iterator[BrowserContext]:
    path = requirements.need("chromium")
    # Playwright keeps an event loop in this thread, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(path), args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def desk(chromium, live_server, client, transactional_db) -> Iterator[Desk]:
    client.force_login(staff.of_role("owner"))
    context = chromium.new_context(
        viewport=WIDE, color_scheme="light", reduced_motion="reduce", locale="en-GB"
    )
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    desk = Desk(context.new_page(), live_server.url)
    desk.page.on("console", lambda told: _note(desk, told))
    desk.page.on("pageerror", lambda error: desk.complaints.append(f"{desk.page.url}: {error}"))
    yield desk
    context.close()


def _note(desk: Desk, told) -> None:
    if told.type in {"error", "warning"}:
        desk.complaints.append(f"{desk.page.url}: {told.text}")
