"""A synthetic booking: catalogue, hold, details, pay page. It never pays, and gives its place back at once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from core import clock
from core.errors import Refusal
from core.ids import uuid7
from courses import selectors as courses
from courses.services import bookings
from payments.probe.browser import Answer, Browser, NoAnswer

WHO = {"name": "Synthetic Probe", "email": "probe@example.com"}
ROOM = 2
"""Places that must be left: the probe never takes the last one from a customer."""


class Stuck(Exception):
    """A step did not go as it does for a customer; the message says how."""


@dataclass
class Walk:
    """How far it came. `page` is the pay page, `stuck` why it ended before it."""

    steps: dict[str, float] = field(default_factory=dict)
    stuck: str = ""
    step: str = ""
    page: Answer | None = None
    released: bool = False

    @property
    def ok(self) -> bool:
        return self.page is not None and not self.stuck and self.released

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        self.step, began = name, time.monotonic()
        yield
        self.steps[name] = round((time.monotonic() - began) * 1000, 1)


@contextmanager
def to_the_pay_page(browser: Browser) -> Iterator[Walk]:
    """The walk, with its hold alive inside the `with`; the place is given back whatever happens."""
    walk, token = Walk(), ""
    try:
        try:
            token = _hold(browser, walk)
            _see(browser, walk, token)
        except (NoAnswer, Stuck) as problem:
            walk.stuck = f"{walk.step}: {problem}"
        yield walk
    finally:
        if token:
            _give_back(walk, token)


def _hold(browser: Browser, walk: Walk) -> str:
    with walk.timed("catalogue"):
        _expect(browser.ask("GET", "/"), 200)
        listed = _expect(browser.ask("GET", "/api/v1/sessions/?available=true"), 200)
        session = _with_room(listed.json()["results"])
    with walk.timed("hold"):
        body = {"session": session["id"], "places": 1}
        held = _expect(browser.ask("POST", "/api/v1/bookings/", body, Idempotency_Key=_key()), 201)
        return str(held.json()["token"])


def _see(browser: Browser, walk: Walk, token: str) -> None:
    with walk.timed("details"):
        people = {"customer": WHO, "attendees": [{"name": WHO["name"]}]}
        _expect(browser.ask("PATCH", f"/api/v1/bookings/{token}/", people), 200)
    with walk.timed("pay page"):
        page = _expect(browser.ask("GET", f"/bookings/{token}/pay/"), 200)
        if "stripe-pay" not in page.body:
            raise Stuck("the pay page has no card form")
        walk.page = page


def _with_room(sessions: list[dict[str, Any]]) -> dict[str, Any]:
    """The last of those shown that costs something and is far from full."""
    for each in reversed(sessions):
        if each["places_left"] >= ROOM and each["price"]["amount"]:
            return each
    raise Stuck("no date with room that costs something")


def _give_back(walk: Walk, token: str) -> None:
    walk.step = "release"
    try:
        booking = courses.booking_by_token(token)
        bookings.cancel(
            booking_id=booking.pk, cause=bookings.PROBE, actor=bookings.PROBE, now=clock.now()
        )
    except Refusal as refusal:
        walk.stuck = walk.stuck or f"release: {refusal}"
        return
    walk.released = True


def _expect(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        raise Stuck(f"status {answer.status}, not {status}")
    return answer


def _key() -> str:
    return f"probe-{uuid7()}"
