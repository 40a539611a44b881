"""What one piece of work (a request, a task) took: counted while it is done, told in its one log line."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

DATABASE, VALKEY, GATEWAY, MAIL = "db", "valkey", "gateway", "mail"


@dataclass(slots=True)
class Tally:
    """Calls and nanoseconds by whom they went to, and facts that somebody further in has noted.

    `named` is what each log line of this work says.
    """

    named: dict[str, str] = field(default_factory=dict)
    began: int = field(default_factory=time.perf_counter_ns)
    calls: dict[str, int] = field(default_factory=dict)
    nanoseconds: dict[str, int] = field(default_factory=dict)
    facts: dict[str, str | int | bool] = field(default_factory=dict)

    def add(self, peer: str, nanoseconds: int) -> None:
        self.calls[peer] = self.calls.get(peer, 0) + 1
        self.nanoseconds[peer] = self.nanoseconds.get(peer, 0) + nanoseconds

    def told(self) -> dict[str, float | int | str | bool]:
        """Times in milliseconds. The database, Valkey and the gateway are there even when nobody asked them."""
        told: dict[str, float | int | str | bool] = {
            "ms": _ms(time.perf_counter_ns() - self.began),
            "queries": self.calls.get(DATABASE, 0),
        }
        for peer in dict.fromkeys((DATABASE, VALKEY, GATEWAY, *self.calls)):
            told[f"{peer}_ms"] = _ms(self.nanoseconds.get(peer, 0))
        return {**told, "retries": 0, **self.facts}


_current: ContextVar[Tally | None] = ContextVar("work_tally", default=None)


@contextmanager
def tallied(**named: str) -> Iterator[Tally]:
    """A tally of its own for what is done inside; what is begun inside it again counts for the inner one alone."""
    outer = _current.get()
    tally = Tally({**outer.named, **named} if outer is not None else named)
    token = _current.set(tally)
    try:
        yield tally
    finally:
        _current.reset(token)


def current() -> Tally | None:
    return _current.get()


def note(**facts: str | int | bool) -> None:
    """Something that the line is to tell: ids, codes and numbers."""
    tally = _current.get()
    if tally is not None:
        tally.facts.update(facts)


def retried() -> None:
    """Something was tried again within this piece of work."""
    tally = _current.get()
    if tally is not None:
        tally.facts["retries"] = int(tally.facts.get("retries", 0)) + 1


@contextmanager
def timed(peer: str) -> Iterator[None]:
    """Counts what is done inside as one call to that peer."""
    began = time.perf_counter_ns()
    try:
        yield
    finally:
        tally = _current.get()
        if tally is not None:
            tally.add(peer, time.perf_counter_ns() - began)


def _ms(nanoseconds: int) -> float:
    return round(nanoseconds / 1e6, 2)
