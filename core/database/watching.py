"""The one wrapper around each statement: looks at the clock once before and once after, for all who want to know.

    with watching.work(lambda: "/courses/<slug>/"):
        ...
        watching.asked().count

Whoever traces hears of each; what a piece of work asked is added up; which statement was slow, or was run again and
again within one piece of work, is logged with the route or task. Of a statement only its text is told, never a
parameter; the same one on the same route once a minute, so that a bad page floods no log.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter

from core.database.queries import Asked
from core.tracing import database as tracing

TEXT_MAX = 500
TOLD_MAX = 3
QUIET_SECONDS = 60.0
REMEMBERED_MAX = 1_000
_NOT_QUESTIONS = ("SAVEPOINT", "RELEASE", "ROLLBACK")

log = structlog.get_logger(__name__)
slow_total = Counter("db_slow_statements", "Statements over DB_SLOW_SECONDS", ["route"])
repeated_total = Counter("db_repeated_statements", "Run DB_REPEATS times in one go", ["route"])


@dataclass(slots=True)
class _Work:
    route: Callable[[], str]
    asked: Asked = field(default_factory=Asked)


_work: ContextVar[_Work | None] = ContextVar("database_work", default=None)
_told: dict[tuple[str, str, str], float] = {}


@contextmanager
def work(route: Callable[[], str]) -> Iterator[None]:
    """One piece of work; its name is asked for when there is something to say."""
    begin(route)
    try:
        yield
    finally:
        finish()


def begin(route: Callable[[], str]) -> None:
    """As `work`, where beginning and end come as two calls."""
    _work.set(_Work(route))


def finish() -> None:
    done = _work.get()
    _work.set(None)
    if done is not None:
        _tell_repeats(done)


def asked() -> Asked | None:
    """What this piece of work has asked so far; None outside any."""
    present = _work.get()
    return None if present is None else present.asked


def watch(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """Django's execute wrapper."""
    failure, began = None, time.perf_counter_ns()
    try:
        return execute(sql, params, many, context)
    except Exception as error:
        failure = error
        raise
    finally:
        nanoseconds = time.perf_counter_ns() - began
        text = sql if type(sql) is str else str(sql)
        tracing.tell(text, context["connection"].settings_dict["NAME"], nanoseconds, failure)
        present = _work.get()
        if present is not None:
            present.asked.note(text, nanoseconds / 1e9)
        if nanoseconds >= settings.DB_SLOW_SECONDS * 1e9:
            _tell_slow(text, nanoseconds / 1e9, present)


class WatchingMiddleware:
    """Each request is one piece of work."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begin(lambda: _route_of(request))
        try:
            return self.get_response(request)
        finally:
            finish()


def _route_of(request: HttpRequest) -> str:
    return f"/{request.resolver_match.route}" if request.resolver_match else "unmatched"


def _tell_slow(text: str, seconds: float, present: _Work | None) -> None:
    route = present.route() if present is not None else ""
    slow_total.labels(route).inc()
    if _is_news("slow", route, text):
        log.warning(
            "statement_slow", route=route, ms=round(seconds * 1000), statement=text[:TEXT_MAX]
        )


def _tell_repeats(done: _Work) -> None:
    found = [
        (times, text)
        for text, times, _seconds in done.asked.repeated(settings.DB_REPEATS)
        if not text.startswith(_NOT_QUESTIONS)
    ]
    if not found:
        return
    route = done.route()
    repeated_total.labels(route).inc(len(found))
    for times, text in sorted(found, reverse=True)[:TOLD_MAX]:
        if _is_news("repeated", route, text):
            log.warning("statement_repeated", route=route, times=times, statement=text[:TEXT_MAX])


def _is_news(kind: str, route: str, text: str) -> bool:
    now, key = time.monotonic(), (kind, route, text)
    if now - _told.get(key, float("-inf")) < QUIET_SECONDS:
        return False
    if len(_told) >= REMEMBERED_MAX:
        _told.clear()
    _told[key] = now
    return True
