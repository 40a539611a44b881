"""What one process finds out all know, and half open the whole fleet sends no more probes than are permitted."""

import json
import subprocess
import sys

import pytest
from redis import Redis

from core.breakers.guard import Guard, NotPermitted
from core.breakers.policy import State
from core.breakers.storage import Known, Store, StoreAway
from tests.core.breakers.test_guard import open_up

PROCESSES = 4
PROBES = 3


class Process:
    def __init__(self, name, mode):
        command = [
            sys.executable,
            "-m",
            "tests.core.breakers.fleet_process",
            name,
            str(PROBES),
            mode,
        ]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ready(self):
        assert self.process.stdout.readline() == "ready\n"

    def tell(self, act):
        self.process.stdin.write(f"{act}\n")
        self.process.stdin.flush()

    def answer(self):
        return json.loads(self.process.stdout.readline())

    def ask(self, act):
        self.tell(act)
        return self.answer()

    def end(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def four(policy, store):
    started: list[Process] = []

    def start(mode):
        started.extend(Process(policy.name, mode) for _ in range(PROCESSES))
        for process in started:
            process.ready()
        return started

    yield start
    for process in started:
        process.end()


def all_at_once(processes, act):
    for process in processes:
        process.tell(act)
    return [process.answer() for process in processes]


class TestFourProcesses:
    def test_one_opens_all_and_together_they_send_three_probes(self, four):
        processes = four("shared")

        assert processes[0].ask("fail") == "open"
        assert {each.ask("sync") for each in processes} <= {"open", "half_open"}
        probes = all_at_once(processes, "probe")

        assert sum(probes) == PROBES
        for each in processes:  # whichever decided tells the others
            each.ask("sync")
        assert {each.ask("sync") for each in processes} == {"closed"}

    def test_alone_each_sends_three(self, four):
        """Without the shared state; also the twin of the test above, with its guard off."""
        processes = four("alone")
        for each in processes:
            each.ask("fail")

        assert sum(all_at_once(processes, "probe")) == PROBES * PROCESSES


class TestProbeLease:
    def lease(self, store, name, token, epoch=1):
        return store.lease(name, epoch=epoch, permitted=2, seconds=0.2, token=token)

    def test_no_more_than_permitted(self, store, policy):
        answers = [self.lease(store, policy.name, str(token)) for token in range(4)]

        assert answers == [1, 1, 0, 0]

    def test_a_process_that_died_loses_its_lease(self, store, policy):
        import time

        for token in "ab":
            self.lease(store, policy.name, token)
        time.sleep(0.25)

        assert self.lease(store, policy.name, "c") == 1

    def test_one_that_came_back_counts_for_good(self, store, policy):
        for token in "ab":
            self.lease(store, policy.name, token)
        tally = store.report(policy.name, epoch=1, token="a", failed=True, slow=False)

        assert (tally.calls, tally.failed) == (1, 1)
        assert self.lease(store, policy.name, "c") == 0

    def test_one_given_back_does_not(self, store, policy):
        for token in "ab":
            self.lease(store, policy.name, token)
        store.give_back(policy.name, epoch=1, token="a")

        assert self.lease(store, policy.name, "c") == 1

    def test_who_is_behind_gets_none(self, store, policy):
        store.merge({policy.name: Known(5, True, 0.0, "")})

        assert self.lease(store, policy.name, "a", epoch=4) == -1


class TestMerge:
    def test_the_greater_is_kept(self, store, policy):
        name = policy.name
        store.merge({name: Known(2, False, 9.0, "far")})

        assert store.merge({name: Known(1, True, 0.0, "")})[name].epoch == 2
        assert store.merge({name: Known(2, True, 0.0, "")})[name].closed
        assert store.merge({name: Known(2, False, 9.0, "")})[name].closed

    def test_tells_the_time_left_by_one_clock(self, store, policy):
        store.merge({policy.name: Known(1, False, 9.0, "")})

        assert (
            8.0
            < store.merge({policy.name: Known(0, True, 0.0, "")})[policy.name].seconds_left
            <= 9.0
        )


class TestStoreAway:
    def test_each_process_goes_on_alone(self, policy, clock):
        away = Store("redis://127.0.0.1:9/0", through=lambda question: question())
        guard = Guard(policy, store=lambda: away, clock=clock)
        open_up(guard)
        clock.pass_(10)

        for _ in range(3):
            guard.call(lambda: None)

        assert guard.snapshot().state is State.CLOSED

    def test_a_silent_one_is_asked_no_more_after_two_tries(self, settings):
        from core.breakers import registry

        settings.BREAKERS_SHARED, settings.REDIS_URL = True, "redis://127.0.0.1:9/0"
        store = registry.shared_store()
        for _ in range(2):
            with pytest.raises(StoreAway):
                store.orders_version()

        with pytest.raises(StoreAway, match="NotPermitted"):
            store.orders_version()


class TestDecisionIsLocal:
    def test_closed_and_open_ask_nobody(self, policy, clock):
        def no_store():
            pytest.fail("asked the store")

        guard = Guard(policy, store=no_store, clock=clock)
        guard.call(lambda: None)
        open_up_before_minimum = policy.minimum_calls
        for _ in range(open_up_before_minimum):
            with pytest.raises(ZeroDivisionError):
                guard.call(lambda: 1 / 0)
            if guard.snapshot().state is State.OPEN:
                break
        with pytest.raises(NotPermitted):
            guard.call(lambda: None)


def test_no_data_is_kept_for_ever(store, policy, settings):
    store.merge({policy.name: Known(1, False, 9.0, "")})
    with Redis.from_url(settings.REDIS_URL) as client:
        assert 0 < client.ttl(f"breaker:{policy.name}") <= 7 * 24 * 3600
