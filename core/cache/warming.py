"""Values that the first visitor should not wait for, made beforehand: at the start, and by the timetable."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from django.db import connections

log = structlog.get_logger(__name__)

Work = Callable[[], int]


@dataclass(frozen=True)
class Warmer:
    """`work` asks for values as a visitor would, and says how many. `families` are what they belong to."""

    work: Work
    families: tuple[str, ...] = ()


@dataclass(frozen=True)
class Warmed:
    name: str
    values: int
    ms: float
    error: str = ""


_warmers: dict[str, Warmer] = {}


def register(name: str, work: Work, *, families: tuple[str, ...] = ()) -> None:
    _warmers[name] = Warmer(work, families)


def begin() -> None:
    """Warm behind the back of a process that has just started."""
    threading.Thread(target=_in_background, name="cache-warming", daemon=True).start()


def _in_background() -> None:
    try:
        warm()
    finally:
        connections.close_all()


def all_warmers() -> Mapping[str, Warmer]:
    return _warmers


def warm(*names: str) -> list[Warmed]:
    """Run these warmers, or all. One that fails is reported, and the others go on."""
    return [_warm(name, _warmers[name].work) for name in names or tuple(_warmers)]


def _warm(name: str, work: Work) -> Warmed:
    began = time.monotonic()
    values, error = 0, ""
    try:
        values = work()
    except Exception as failure:
        error = type(failure).__name__
        log.exception("cache_not_warmed", warmer=name)
    return Warmed(name, values, round((time.monotonic() - began) * 1000, 1), error)
