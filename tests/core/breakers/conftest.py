"""Guards of a test's own, alone or sharing Valkey."""

import threading
from itertools import count

import pytest
from redis import Redis

from core import clock as product_clock
from core.breakers import registry
from core.breakers.guard import Guard
from core.breakers.policy import Policy, Window
from core.breakers.storage import Store

_names = count()


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def pass_(self, seconds):
        self.now += seconds


@pytest.fixture
def now():
    return product_clock.now()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def policy():
    return Policy(
        f"test-{next(_names)}", window=Window.COUNT, window_size=10, minimum_calls=4,
        slow_seconds=1.0, open_seconds=10, probes=3, probe_seconds=5,
    )  # fmt: skip


@pytest.fixture
def guard(policy, clock):
    return Guard(policy, clock=clock)


@pytest.fixture
def registered(policy):
    guard = registry.register(policy)
    yield guard
    registry.unregister(guard.name)


@pytest.fixture
def store(settings):
    """A store on the run's Valkey, without a breaker around it, and patient on a busy machine."""
    client = Redis.from_url(settings.REDIS_URL)
    found = Store(settings.REDIS_URL, through=lambda question: question(), seconds_max=20)
    yield found
    for key in client.scan_iter("breaker:*"):
        client.delete(key)
    client.close()


@pytest.fixture
def at_once():
    """Runs one function in many threads that all begin at the same moment; what each gave back."""

    def run(work, *, threads):
        barrier, answers = threading.Barrier(threads), []

        def one():
            barrier.wait()
            answers.append(work())

        running = [threading.Thread(target=one) for _ in range(threads)]
        for each in running:
            each.start()
        for each in running:
            each.join()
        return answers

    return run
