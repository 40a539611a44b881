"""The first page: what needs somebody, what comes next, what just happened. Each app adds its own.

Registered from the apps' `admin.py`; a source that a person may not see is not asked.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.http import HttpRequest

log = structlog.get_logger(__name__)
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
    beside: bool = False


FAILED = "failed"
Now = datetime
_counts: list[tuple[int, str, Callable[[Now], Count]]] = []
_panels: list[tuple[int, str, Callable[[Now], Panel | None]]] = []
_happenings: list[tuple[str, Callable[[int], Iterable[Happening]]]] = []


def add_count(place: int, permission: str, source: Callable[[Now], Count]) -> None:
    _counts.append((place, permission, source))


def add_panel(place: int, permission: str, source: Callable[[Now], Panel | None]) -> None:
    """None is a panel that has nothing to say now."""
    _panels.append((place, permission, source))


def add_happenings(permission: str, source: Callable[[int], Iterable[Happening]]) -> None:
    """`source` is asked for its latest so many, newest first."""
    _happenings.append((permission, source))


def page(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """What the page shows this person. A part that fails says so in its place; the others stand."""
    may = request.user.has_perm
    counts = [_part(source, now) for _, permission, source in _in_order(_counts) if may(permission)]
    panels = [_part(source, now) for _, permission, source in _in_order(_panels) if may(permission)]
    panels = [panel for panel in panels if panel is not None]
    latest = [source for permission, source in _happenings if may(permission)]
    return {
        "now": now,
        "counts": counts,
        "waiting": sum(count.number for count in counts if count is not FAILED),
        "panels": [panel for panel in panels if panel is FAILED or not panel.beside],
        "beside": [panel for panel in panels if panel is not FAILED and panel.beside],
        "happenings": _part(_latest, latest),
        "failed": FAILED,
    }


def _part(source: Callable[[Any], Any], given: Any) -> Any:
    """FAILED where the source raises, whatever it was: it is told, and the rest of the page is shown."""
    try:
        with transaction.atomic():
            return source(given)
    except Exception:
        log.exception("today_part_failed", part=getattr(source, "__name__", ""))
        return FAILED


def _in_order(entries: list[Any]) -> list[Any]:
    return sorted(entries, key=lambda entry: entry[0])


def _latest(sources: list[Callable[[int], Iterable[Happening]]]) -> list[Happening]:
    found = [happening for source in sources for happening in source(EVENTS)]
    return sorted(found, key=lambda happening: happening.at, reverse=True)[:EVENTS]
