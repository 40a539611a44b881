"""All breakers of this process, by name; what they have in common, and what is done to several at once."""

import time
from collections.abc import Callable, Iterable
from functools import lru_cache

import structlog
from django.conf import settings

from core.breakers import events, metrics, synchroniser
from core.breakers.breaker import Change
from core.breakers.bulkhead import Bulkhead
from core.breakers.events import Event
from core.breakers.guard import Guard
from core.breakers.policy import Policy, State, Window
from core.breakers.storage import Store
from core.breakers.suspicion import Suspicion

VALKEY = Policy(
    "valkey",
    # Two in a row: whoever asks has a time-out of a few milliseconds and another way, so being wrong costs nothing.
    window=Window.COUNT,
    window_size=2,
    minimum_calls=2,
    failure_rate=100.0,
    slow_rate=101.0,
    open_seconds=2.0,
    open_seconds_max=10.0,
    probes=1,
    shared=False,
    title="Valkey, the shared state",
    effect="Nothing: pages come from the database, and each process decides for itself.",
    fallback="Each process's own memory",
)

log = structlog.get_logger(__name__)
security_log = structlog.get_logger("security")

_guards: dict[str, Guard] = {}
_bulkheads: dict[str, Bulkhead] = {}
_suspicion = Suspicion()


class UnknownBreaker(LookupError):
    """No breaker of that name is registered."""


def register(
    policy: Policy,
    *,
    bulkhead: Bulkhead | None = None,
    probe: Callable[[], object] | None = None,
    awaken: Callable[[], None] = synchroniser.ensure,
) -> Guard:
    """`probe` is a harmless call through this breaker, for "Test now"; `awaken` is called before each call."""
    if policy.name in _guards:
        raise ValueError(f"breaker {policy.name} is registered twice")
    guard = Guard(
        policy,
        bulkhead=bulkhead,
        probe=probe,
        store=shared_store,
        changed=_changed,
        awaken=awaken,
    )
    _guards[policy.name] = guard
    if bulkhead is not None:
        _bulkheads[bulkhead.name] = bulkhead
    return guard


def unregister(name: str) -> None:
    _guards.pop(name, None)


def find(name: str) -> Guard:
    """Raises UnknownBreaker."""
    try:
        return _guards[name]
    except KeyError:
        raise UnknownBreaker(name) from None


def all_guards() -> list[Guard]:
    return list(_guards.values())


def bulkheads() -> list[Bulkhead]:
    return list(_bulkheads.values())


def reset(names: Iterable[str] | None = None, *, cause: str = "reset") -> list[Guard]:
    """Close them, all when none is named, with empty windows; orders stay. The fleet hears of it."""
    guards = all_guards() if names is None else [find(name) for name in names]
    for guard in guards:
        guard.reset(cause)
    return guards


def shared_store() -> Store | None:
    return _store(settings.REDIS_URL) if settings.BREAKERS_SHARED else None


@lru_cache(maxsize=4)
def _store(url: str) -> Store:
    return Store(url, through=find(VALKEY.name).call)


def show_metrics() -> None:
    for guard in all_guards():
        seen = guard.snapshot()
        metrics.show(guard.name, seen.state, seen.tally)
    for bulkhead in bulkheads():
        metrics.bulkhead_in_use.labels(bulkhead.name).set(bulkhead.in_use)
        metrics.bulkhead_waiting.labels(bulkhead.name).set(bulkhead.waiting)
        metrics.bulkhead_places.labels(bulkhead.name).set(bulkhead.places)


def _changed(guard: Guard, change: Change) -> None:
    facts = {"breaker": guard.name, "before": change.before.value, "after": change.after.value}
    level = log.info if change.after is State.CLOSED else log.warning
    level("breaker_changed", **facts, cause=change.cause, epoch=change.epoch)
    events.tell(
        Event(
            events.Kind.STATE_TRANSITION,
            guard.name,
            before=change.before.value,
            after=change.after.value,
            cause=change.cause,
        )
    )
    if change.after is State.OPEN:
        _opened(guard, change)
    if not change.heard:
        synchroniser.hurry()


def _opened(guard: Guard, change: Change) -> None:
    slow = "took over" in change.cause
    kind = events.Kind.SLOW_RATE_EXCEEDED if slow else events.Kind.FAILURE_RATE_EXCEEDED
    events.tell(Event(kind, guard.name, cause=change.cause))
    now = time.monotonic()
    for pattern in _suspicion.opened(guard.name, slow=slow, now=now, heard=change.heard):
        _suspect(pattern, guard.name)


def _crowded(event: Event) -> None:
    for pattern in _suspicion.crowded(now=time.monotonic()):
        _suspect(pattern, event.breaker)


def _suspect(pattern: str, breaker: str) -> None:
    metrics.suspicions_total.labels(pattern).inc()
    security_log.warning("breaker_opening_pattern", pattern=pattern, breaker=breaker)
    events.tell(Event(events.Kind.SUSPICION, breaker, cause=pattern))


register(VALKEY, awaken=synchroniser.begin)
events.subscribe(_crowded, events.Kind.BULKHEAD_FULL)
