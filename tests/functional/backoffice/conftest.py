"""A signed-in browser on the back office, that notes whatever goes wrong in the page."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.core.backoffice import staff
from tests.functional import chromium as browsers
from tests.functional.chromium import Visitor


@dataclass
class Desk:
    """One browser page at the back office; `complaints` are its console's, its policy's and refused requests."""

    visitor: Visitor
    refused: list[str] = field(default_factory=list)

    @property
    def page(self):
        return self.visitor.page

    def open(self, path: str) -> None:
        answer = self.page.goto(path)
        if answer is None or answer.status >= 400:
            self.refused.append(f"{path}: {answer and answer.status}")

    def dark(self, on: bool) -> None:
        """The page's own switch, and two frames for it to be painted."""
        self.page.evaluate(
            """on => new Promise((painted) => {
                document.documentElement.classList.toggle("dark", on);
                requestAnimationFrame(() => requestAnimationFrame(painted));
            })""",
            on,
        )

    def complaints(self) -> list[str]:
        said = [f"{self.page.url}: {each}" for each in self.visitor.complaints] + self.refused
        self.visitor.complaints.clear()
        self.refused.clear()
        return said


@pytest.fixture
def desk(chromium, live_server, client, transactional_db) -> Iterator[Desk]:
    client.force_login(staff.of_role("owner"))
    with browsers.visitor(chromium, live_server.url, reduced_motion="reduce") as visitor:
        cookie = client.cookies["sessionid"].value
        visitor.context.add_cookies(
            [{"name": "sessionid", "value": cookie, "url": live_server.url}]
        )
        yield Desk(visitor)
