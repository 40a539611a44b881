"""Storms of a seed each: when they are over nothing is lost, nothing is doubled and nothing is stuck.

`make chaos` blows ten (`CHAOS="--seeds 1-100"`: a hundred), and then wants each kind of fault to have happened.
"""

import os
import time

import pytest

from payments.gateways import stripe as gateway
from tests.chaos import storm, tally
from tests.chaos.house import House

pytestmark = pytest.mark.chaos
WORTH_ALL_KINDS = 10


def seeds() -> list[int]:
    first, _, last = os.environ.get("CHAOS_SEEDS", "1").partition("-")
    return list(range(int(first), int(last or first) + 1))


@pytest.mark.parametrize("seed", seeds())
def test_storm(house: House, settings, seed: int):
    settings.STRIPE_API_BASE = house.stack.sandbox.base_url
    gateway._api.cache_clear()
    begun, blown = time.monotonic(), storm.Storm(house, seed)
    ending = "did not come to rest"
    try:
        blown.blow(storm.ROUNDS)
        broken = house.broken_invariants()
        ending = ", ".join(sorted({each["id"] for each in broken} | set(blown.wrong))) or "all hold"
    finally:
        seconds = time.monotonic() - begun
        tally.OF_THE_RUN.happened.update(blown.happened)
        tally.OF_THE_RUN.endings.append((seed, seconds, blown.done, ending))

    assert blown.wrong == []
    assert broken == []


def test_each_kind_of_fault_happened():
    """A storm in which something never happens proves nothing about it."""
    if len(seeds()) < WORTH_ALL_KINDS:
        return

    wanted = [
        *storm.FAULTS, *(f"gateway: {each}" for each in storm.GATEWAY_FAULTS),
        *(f"webhooks: {each}" for each in storm.WEBHOOKS), "two timetables", "killed at a crash point",
        "give back", "cancel", "move", "dispute", "answer a dispute", "call off a date",
        "choose the money", "choose another date", "correct an invoice", "join a waiting list",
    ]  # fmt: skip
    assert tally.OF_THE_RUN.never(wanted) == []
