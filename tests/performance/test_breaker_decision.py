"""What a breaker adds to a call that it lets through, and what it costs to refuse one: microseconds, no round trip.

`python -m pytest tests/performance/test_breaker_decision.py -s` prints the numbers.
"""

import time

import pytest

from core.breakers.bulkhead import Bulkhead
from core.breakers.guard import Guard, NotPermitted
from core.breakers.policy import Policy, State

CALLS, ROUNDS = 5_000, 9
MICROSECONDS_MAX = 50.0


def no_store():
    pytest.fail("a decision asked the store")


def measured(work):
    """Microseconds of CPU a call, the best of some rounds: what others do on the machine does not count."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        for _ in range(CALLS):
            work()
        rounds.append((time.thread_time() - began) / CALLS * 1e6)
    return min(rounds)


@pytest.mark.parametrize("bulkhead", [None, Bulkhead("bench", places=4)], ids=["bare", "bulkhead"])
def test_letting_through_costs_little(bulkhead):
    guard = Guard(Policy("bench-closed"), bulkhead=bulkhead, store=no_store)
    nothing = time.monotonic

    cost = measured(lambda: guard.call(nothing)) - measured(nothing)

    print(f"\nlet through: {cost:.1f} µs")
    assert cost < MICROSECONDS_MAX


def test_refusing_costs_little():
    guard = Guard(Policy("bench-open"), store=no_store)
    guard.obey(State.FORCED_OPEN, seconds=600)

    def refused():
        try:
            guard.call(time.monotonic)
        except NotPermitted:
            return

    cost = measured(refused)

    print(f"\nrefused: {cost:.1f} µs")
    assert cost < MICROSECONDS_MAX
