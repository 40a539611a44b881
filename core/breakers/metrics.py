"""The numbers of the breakers: resilience4j's seven, and those of the bulkheads."""

from typing import Any

from prometheus_client import Counter, Gauge

from core.breakers.policy import State
from core.breakers.window import Tally

calls_total = Counter("breaker_calls", "Calls that were let through", ["breaker", "outcome"])
slow_calls_total = Counter("breaker_slow_calls", "Calls that took too long", ["breaker", "outcome"])
not_permitted_total = Counter("breaker_not_permitted_calls", "Calls refused", ["breaker", "why"])
transitions_total = Counter("breaker_transitions", "Changes of state", ["breaker", "after"])
suspicions_total = Counter("breaker_suspicions", "Openings that smell of attack", ["pattern"])
state = Gauge(
    "breaker_state", "1 for the state it is in", ["breaker", "state"], multiprocess_mode="livemax"
)
buffered_calls = Gauge(
    "breaker_buffered_calls",
    "Calls in the windows",
    ["breaker", "kind"],
    multiprocess_mode="livesum",
)
failure_rate = Gauge(
    "breaker_failure_rate", "Per cent, the worst process", ["breaker"], multiprocess_mode="livemax"
)
slow_call_rate = Gauge(
    "breaker_slow_call_rate",
    "Per cent, the worst process",
    ["breaker"],
    multiprocess_mode="livemax",
)
bulkhead_in_use = Gauge(
    "breaker_bulkhead_in_use", "Calls under way", ["bulkhead"], multiprocess_mode="livesum"
)
bulkhead_waiting = Gauge(
    "breaker_bulkhead_waiting",
    "Calls that stand in line",
    ["bulkhead"],
    multiprocess_mode="livesum",
)
bulkhead_places = Gauge(
    "breaker_bulkhead_places", "Calls that may be", ["bulkhead"], multiprocess_mode="livesum"
)


class Meters:
    """One breaker's, looked up once."""

    def __init__(self, name: str) -> None:
        self.name = name
        outcomes = ("ok", "failed", "ignored")
        self.calls: dict[str, Any] = {each: calls_total.labels(name, each) for each in outcomes}
        self.slow: dict[str, Any] = {each: slow_calls_total.labels(name, each) for each in outcomes}

    def call(self, outcome: str, *, slow: bool) -> None:
        self.calls[outcome].inc()
        if slow:
            self.slow[outcome].inc()

    def refused(self, why: str) -> None:
        not_permitted_total.labels(self.name, why).inc()

    def changed(self, after: State) -> None:
        transitions_total.labels(self.name, after.value).inc()


def show(name: str, present: State, tally: Tally) -> None:
    """The gauges of one breaker in this process."""
    for each in State:
        state.labels(name, each.value).set(each is present)
    failure_rate.labels(name).set(tally.failure_rate)
    slow_call_rate.labels(name).set(tally.slow_rate)
    amounts = {"ok": tally.calls - tally.failed, "failed": tally.failed, "slow": tally.slow}
    for kind, amount in amounts.items():
        buffered_calls.labels(name, kind).set(amount)
