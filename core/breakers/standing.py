"""How the breakers stand, for people: the words of the console and of `manage.py breakers`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.breakers import fleet, registry
from core.breakers.guard import Guard
from core.breakers.policy import FORCED, State

WORDS = {
    State.CLOSED: ("Working", "ok"),
    State.OPEN: ("Paused", "bad"),
    State.HALF_OPEN: ("Testing", "warn"),
    State.FORCED_OPEN: ("Paused by us", "warn"),
    State.DISABLED: ("Let through by us", "warn"),
    State.METRICS_ONLY: ("Only watched", "warn"),
}


@dataclass(frozen=True)
class Standing:
    name: str
    title: str
    state: State
    word: str
    tone: str
    since: datetime
    cause: str
    calls: int
    failed: int
    slow: int
    limits: str
    next_test_at: datetime | None
    forced_until: datetime | None
    reason: str
    effect: str
    fallback: str
    in_use: str

    @property
    def is_forced(self) -> bool:
        return self.state in FORCED

    @property
    def turns_away(self) -> bool:
        return self.state in (State.OPEN, State.FORCED_OPEN)

    def as_json(self) -> dict[str, Any]:
        moments = {
            "since": self.since,
            "next_test_at": self.next_test_at,
            "forced_until": self.forced_until,
        }
        return {
            **{name: getattr(self, name) for name in ("name", "title", "cause", "calls", "failed", "slow", "reason")},
            "state": self.state.value,
            **{name: at.isoformat() if at else None for name, at in moments.items()},
        }  # fmt: skip


def of_all(*, now: datetime) -> list[Standing]:
    """As the whole fleet knows it, where it can be reached."""
    fleet.sync()
    return [_of(guard, now) for guard in registry.all_guards()]


def forced() -> list[tuple[Guard, float]]:
    """Those that a person forced, and for how many seconds more; from memory."""
    seen = [(guard, guard.snapshot()) for guard in registry.all_guards()]
    return [(guard, each.order_seconds) for guard, each in seen if each.order is not None]


def _of(guard: Guard, now: datetime) -> Standing:
    seen, policy, tally = guard.snapshot(), guard.policy, fleet.tally_of_all(guard.name)
    word, tone = WORDS[seen.state]
    left = timedelta(seconds=seen.seconds_left)
    bulkhead = guard.bulkhead
    return Standing(
        name=guard.name,
        title=policy.words,
        state=seen.state,
        word=word,
        tone=tone,
        since=now - timedelta(seconds=seen.since_seconds),
        cause=seen.cause,
        calls=tally.calls,
        failed=tally.failed,
        slow=tally.slow,
        limits=f"{policy.failure_rate:g} % failed or {policy.slow_rate:g} % slow, from {policy.minimum_calls} calls on",
        next_test_at=now + left if seen.state is State.OPEN else None,
        forced_until=now + timedelta(seconds=seen.order_seconds) if seen.order else None,
        reason=seen.order.reason if seen.order else "",
        effect=policy.effect,
        fallback=policy.fallback,
        in_use=f"{bulkhead.in_use} of {bulkhead.places}" if bulkhead else "",
    )
