"""Measurements as the rows of the console: plain values, most important first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from core.performance import budgets, selectors
from core.performance.models import Suggestion, SuggestionState
from core.performance.selectors import VITALS, Line, Period
from core.tracing.links import trace_url

ROWS_MAX = 40
REPEATED_FROM = 10
PROCESS_WORDS = {
    "cpu": "Processor, of each second",
    "scheduling lag": "Wait for a turn",
    "event loop lag": "Event loop late",
    "memory MB": "Memory of a process",
    "gc 0": "Garbage collection, young",
    "gc 1": "Garbage collection, middle",
    "gc 2": "Garbage collection, full",
    "pool": "Wait for a connection",
}


@dataclass(frozen=True)
class Page:
    title: str
    line: Line
    url: str
    trace: str

    @property
    def tone(self) -> str:
        return "bad" if self.line.over_budget > 1 else "ok"

    @property
    def word(self) -> str:
        return "Over" if self.line.over_budget > 1 else "Within"


@dataclass(frozen=True)
class Vital:
    """One page on one class of device; each of the three with its word."""

    title: str
    device: str
    visits: int
    values: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Ran:
    title: str
    text: str
    line: Line

    @property
    def repeated(self) -> bool:
        return self.line.runs_each >= REPEATED_FROM


@dataclass(frozen=True)
class Process:
    role: str
    title: str
    middle: str
    high: str
    most: str


def pages(period: Period) -> list[Page]:
    return [
        Page(called("page", line.name), line, page_url("page", line.name), trace_url(line.trace))
        for line in period.pages()[:ROWS_MAX]
    ]


def vitals(period: Period) -> list[Vital]:
    """The worst LCP first."""
    grouped: dict[tuple[str, str], dict[str, Line]] = {}
    for line in period.vitals():
        name, _, device = line.detail.partition(" ")
        grouped.setdefault((line.name, device), {})[name] = line
    worst_first = sorted(grouped.items(), key=lambda each: -_p75(each[1].get("LCP")))
    return [_vital(route, device, lines) for (route, device), lines in worst_first[:ROWS_MAX]]


def statements(period: Period) -> list[Ran]:
    lines = period.statements()[:ROWS_MAX]
    texts = selectors.texts(line.detail for line in lines)
    known = {line.name for line in period.tasks()}
    return [
        Ran(
            called("task" if line.name in known else "page", line.name),
            texts.get(line.detail, ""),
            line,
        )
        for line in lines
    ]


def processes(period: Period) -> list[Process]:
    return [_process(line) for line in period.processes()]


def of_suggestions(*, now: datetime) -> dict[str, list[tuple[Suggestion, str]]]:
    """By what is to be done with them, each with the way to its trace."""
    every = list(Suggestion.objects.order_by("-value_ms")[:200])
    groups: dict[str, tuple[Any, ...]] = {
        "open": (SuggestionState.OPEN,),
        "accepted": (SuggestionState.ACCEPTED,),
        "measured": (SuggestionState.MEASURED,),
        "aside": (SuggestionState.NOT_NOW, SuggestionState.DISMISSED),
    }
    return {name: _with_traces(every, states) for name, states in groups.items()}


def called(kind: str, name: str) -> str:
    return budgets.of(name).page if kind == "page" else name


def page_url(kind: str, name: str) -> str:
    return f"{reverse('admin:performance_page')}?{urlencode({'kind': kind, 'name': name})}"


def _with_traces(
    every: Iterable[Suggestion], states: tuple[Any, ...]
) -> list[tuple[Suggestion, str]]:
    return [(each, trace_url(each.trace)) for each in every if each.state in states]


def _vital(route: str, device: str, lines: dict[str, Line]) -> Vital:
    budget = budgets.of(route)
    values = [_judged(name, lines.get(name), budget.of_vital(name)) for name in VITALS]
    visits = max(line.count for line in lines.values())
    return Vital(called("page", route), device, visits, values)


def _judged(name: str, line: Line | None, aim: int) -> tuple[str, str, str]:
    """(value, word, tone): within the aim, beyond it, or beyond the public limit."""
    if line is None:
        return "–", "", ""
    value = line.p75
    shown = f"{value / 1000:.2f}" if name == "CLS" else f"{value:,.0f} ms"
    if value > settings.VITALS_ALARM[name] and value > aim:
        return shown, "Poor", "bad"
    return (shown, "Above the aim", "warn") if value > aim else (shown, "Good", "ok")


def _p75(line: Line | None) -> float:
    return line.p75 if line else 0.0


def _process(line: Line) -> Process:
    title = PROCESS_WORDS.get(line.detail, line.detail)
    if line.detail == "memory MB":
        return Process(line.name, title, f"{line.mean_ms:,.0f} MB", "", f"{line.peak:,.0f} MB")
    if line.detail == "pool":
        share = line.errors / max(1, line.count)
        each = line.total_ms / max(1, line.errors)
        return Process(line.name, title, f"{share:.1%} waited", f"{each:.0f} ms each", "")
    if line.detail == "cpu":
        return Process(line.name, title, _share(line.mean_ms), _share(line.p95), _share(line.p99))
    return Process(line.name, title, _ms(line.p50), _ms(line.p95), _ms(line.p99))


def _share(milliseconds_of_a_second: float) -> str:
    return f"{milliseconds_of_a_second / 1000:.0%}"


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:,.0f} ms"
