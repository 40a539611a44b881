"""The first page: what needs somebody, what comes next, what just happened. Each app adds its own.

Registered from the apps' `admin.py`; a source that a person may not see is not asked.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

EVENTS = 10


@dataclass(frozen=True)
class Count:
    """One number to act on, and the list behind it. `note` says what it means when it is not zero."""

    title: str
    number: int
    url: str
    icon: str
    note: str = ""
    urgent: bool = False
    nothing: str = "Nothing waiting"


@dataclass(frozen=True)
class Happening:
    """One thing that happened, as a sentence; `tone` is ok, warn, bad or ""."""

    at: datetime
    words: str
    url: str = ""
    detail: str = ""
    tone: str = ""
    icon: str = "circle"


@dataclass(frozen=True)
class Panel:
    title: str
    template: str
    context: dict[str, Any]
    more_url: str = ""
    more: str = ""


Now = datetime
_counts: list[tuple[int, str, Callable[[Now], Count]]] = []
_panels: list[tuple[int, str, Callable[[Now], Panel]]] = []
_happenings: list[tuple[str, Callable[[int], Iterable[Happening]]]] = []


def add_count(place: int, permission: str, source: Callable[[Now], Count]) -> None:
    _counts.append((place, permission, source))


def add_panel(place: int, permission: str, source: Callable[[Now], Panel]) -> None:
    _panels.append((place, permission, source))


def add_happenings(permission: str, source: Callable[[int], Iterable[Happening]]) -> None:
    """`source` is asked for its latest so many, newest first."""
    _happenings.append((permission, source))


def page(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """What the page shows this person."""
    may = request.user.has_perm
    counts = [source(now) for _, permission, source in _in_order(_counts) if may(permission)]
    return {
        "now": now,
        "counts": counts,
        "waiting": sum(count.number for count in counts),
        "panels": [source(now) for _, permission, source in _in_order(_panels) if may(permission)],
        "happenings": _latest([source for permission, source in _happenings if may(permission)]),
    }


def _in_order(entries: list[Any]) -> list[Any]:
    return sorted(entries, key=lambda entry: entry[0])


def _latest(sources: list[Callable[[int], Iterable[Happening]]]) -> list[Happening]:
    found = [happening for source in sources for happening in source(EVENTS)]
    return sorted(found, key=lambda happening: happening.at, reverse=True)[:EVENTS]
