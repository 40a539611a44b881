"""A breaker at work: classification, bulkhead, threads, and 32 probes at once."""

import threading
import time
from dataclasses import replace

import pytest

from core.breakers import deadline, events
from core.breakers.breaker import Breaker
from core.breakers.bulkhead import Bulkhead
from core.breakers.guard import Full, Guard, NotPermitted
from core.breakers.policy import State
from tests.core.breakers.conftest import Clock
from tests.waiting import eventually


class Broken(Exception):
    pass


class Declined(Exception):
    pass


def fail():
    raise Broken


def slowly():
    time.sleep(0.1)
    return 1


def fail_times(guard, times):
    for _ in range(times):
        with pytest.raises(Broken):
            guard.call(fail)


def open_up(guard):
    fail_times(guard, guard.policy.minimum_calls)
    assert guard.snapshot().state is State.OPEN


class TestCall:
    def test_hands_over_the_answer(self, guard):
        assert guard.call(lambda one, two=0: one + two, 1, two=2) == 3

    def test_an_open_one_calls_nothing_and_says_when(self, guard):
        open_up(guard)

        with pytest.raises(NotPermitted) as refusal:
            guard.call(lambda: pytest.fail("was called"))

        assert refusal.value.extra["retry_after"] == 10

    def test_half_the_calls_failing_open_it(self, guard):
        for _ in range(2):
            guard.call(lambda: None)
            fail_times(guard, 1)

        assert guard.snapshot().state is State.OPEN

    def test_slow_calls_open_it(self, guard, clock):
        for _ in range(4):
            guard.call(clock.pass_, 2.0)

        assert guard.snapshot().cause == "4 of 4 calls took over 1 s"

    def test_an_answer_can_be_a_failure(self, policy):
        guard = Guard(replace(policy, is_failure=lambda answer: answer == 500))
        for _ in range(4):
            guard.call(lambda: 500)

        assert guard.snapshot().state is State.OPEN

    def test_what_does_not_count_neither_counts_nor_resets(self, policy, clock):
        guard = Guard(replace(policy, counts=lambda e: not isinstance(e, Declined)), clock=clock)

        def decline():
            raise Declined

        for _ in range(20):
            with pytest.raises(Declined):
                guard.call(decline)
        fail_times(guard, 3)
        with pytest.raises(Declined):
            guard.call(decline)
        assert guard.snapshot().tally.calls == 3
        fail_times(guard, 1)

        assert guard.snapshot().state is State.OPEN

    def test_a_probe_that_says_nothing_gives_its_place_to_another(self, policy, clock):
        guard = Guard(replace(policy, counts=lambda e: not isinstance(e, Declined)), clock=clock)
        open_up(guard)
        clock.pass_(10)

        for _ in range(10):
            with pytest.raises(Declined):
                guard.call(lambda: (_ for _ in ()).throw(Declined))
        for _ in range(3):
            guard.call(lambda: None)

        assert guard.snapshot().state is State.CLOSED

    def test_leaving_without_a_call_gives_the_permit_back(self, guard, clock):
        open_up(guard)
        clock.pass_(10)

        for _ in range(10):
            with guard.admit():
                pass
        for _ in range(3):
            guard.call(lambda: None)

        assert guard.snapshot().state is State.CLOSED

    def test_holds_no_lock_during_the_call(self, guard, at_once):
        began = time.monotonic()

        at_once(lambda: guard.call(time.sleep, 0.2), threads=8)

        assert time.monotonic() - began < 1.0  # one after the other it is 1.6


class TestProbes:
    def test_of_32_at_once_only_the_permitted_go(self, guard, clock, at_once):
        assert self.probes(guard, clock, at_once) == guard.policy.probes

    def test_without_the_limit_more_go(self, guard, clock, at_once, monkeypatch):
        """The twin: the same race with the guard off."""
        monkeypatch.setattr(Breaker, "_probe", lambda breaker, now: Breaker(guard.policy).ask(now))

        assert self.probes(guard, clock, at_once) > guard.policy.probes

    def probes(self, guard, clock, at_once):
        open_up(guard)
        clock.pass_(10)
        went: list[int] = []
        all_asked = threading.Barrier(32)

        def one():
            try:
                with guard.admit() as admitted:
                    all_asked.wait(10)
                    admitted.call(went.append, 1)
            except NotPermitted:
                all_asked.wait(10)

        at_once(one, threads=32)
        return len(went)


class TestBulkhead:
    def guard(self, policy, **settings):
        return Guard(policy, bulkhead=Bulkhead("test", places=2, **settings))

    def test_turns_away_whom_it_can_t_place_soon(self, policy):
        guard = self.guard(policy, waiting_max=0)
        with guard.admit(), guard.admit(), pytest.raises(Full):
            guard.call(lambda: pytest.fail("was called"))

        assert guard.call(lambda: 1) == 1
        assert guard.snapshot().tally.failed == 0

    def test_twice_as_many_as_there_are_places_are_all_served(self, policy, at_once):
        """16 buyers at 8 threads a process: as long as calls flow, who comes later only waits a little."""
        guard = self.guard(policy, waiting_max=2)

        answers = at_once(lambda: guard.call(slowly), threads=4)

        assert answers == [1] * 4
        assert guard.bulkhead.in_use == guard.bulkhead.waiting == 0

    def test_without_a_line_some_of_them_lose(self, policy, at_once):
        """The twin: the same four, and nobody may wait."""
        guard = self.guard(policy, waiting_max=0)

        def one():
            try:
                return guard.call(slowly)
            except Full:
                return None

        assert None in at_once(one, threads=4)

    def test_the_line_is_kept(self, policy):
        bulkhead = Bulkhead("test", places=1, wait_seconds_min=5.0, wait_seconds_max=5.0)
        first = bulkhead.enter()
        came: list[str] = []

        def one(name):
            place = bulkhead.enter()
            came.append(name)
            bulkhead.leave(place)

        waiting = []
        for name in "abc":
            waiting.append(threading.Thread(target=one, args=(name,)))
            waiting[-1].start()
            eventually(lambda: bulkhead.waiting == len(waiting))
        bulkhead.leave(first)
        for each in waiting:
            each.join()

        assert came == ["a", "b", "c"]
        assert bulkhead.in_use == 0

    def test_nobody_waits_for_calls_that_are_stuck(self, policy):
        guard = self.guard(policy, wait_seconds_min=0.2, wait_seconds_max=0.2)
        with guard.admit(), guard.admit():
            self.refused_after(guard, seconds=0.2)
            assert self.refused_after(guard, seconds=0) < 0.1

    def test_patience_follows_what_calls_take(self):
        clock = Clock()
        bulkhead = Bulkhead("test", places=1, clock=clock)
        seen = []
        for seconds in (0.05, 1.0, 80.0):
            for _ in range(30):
                place = bulkhead.enter()
                clock.pass_(seconds)
                bulkhead.leave(place)
            seen.append(round(bulkhead.patience_seconds, 1))

        assert seen == [0.3, 3.0, 4.0]

    def test_nobody_waits_past_the_deadline(self, policy):
        guard = self.guard(policy, wait_seconds_min=5.0, wait_seconds_max=5.0)
        with guard.admit(), guard.admit(), deadline.within(0.1):
            assert self.refused_after(guard, seconds=0.1) < 1

    def test_who_waited_while_it_opened_calls_nothing(self, policy):
        guard = Guard(
            policy, bulkhead=Bulkhead("test", places=1, wait_seconds_min=5, wait_seconds_max=5)
        )
        refused: list[NotPermitted] = []

        def late():
            try:
                guard.call(lambda: pytest.fail("was called"))
            except NotPermitted as refusal:
                refused.append(refusal)

        with guard.admit():
            waiting = threading.Thread(target=late)
            waiting.start()
            eventually(lambda: guard.bulkhead.waiting == 1)
            guard.test_now()
        waiting.join()

        assert [type(each) for each in refused] == [NotPermitted]
        assert guard.bulkhead.in_use == 0

    def refused_after(self, guard, *, seconds):
        began = time.monotonic()
        with pytest.raises(Full):
            guard.call(lambda: pytest.fail("was called"))
        took = time.monotonic() - began
        assert took >= seconds * 0.9
        return took

    def test_a_place_is_left_whatever_happens(self, policy):
        guard = self.guard(policy)
        fail_times(guard, 3)
        with pytest.raises(KeyboardInterrupt):
            guard.call(lambda: (_ for _ in ()).throw(KeyboardInterrupt))

        assert guard.bulkhead.in_use == 0

    def test_an_open_breaker_takes_no_place(self, policy):
        guard = self.guard(policy)
        open_up(guard)
        with pytest.raises(NotPermitted):
            guard.call(lambda: None)

        assert guard.bulkhead.in_use == 0


class TestOrders:
    def test_paused_until_the_end(self, guard, clock):
        guard.obey(State.FORCED_OPEN, seconds=60, reason="moving banks")
        with pytest.raises(NotPermitted) as refusal:
            guard.call(lambda: None)
        assert refusal.value.extra["retry_after"] == 60
        clock.pass_(60)

        assert guard.call(lambda: 1) == 1

    def test_let_through_although_all_fails(self, guard):
        guard.obey(State.DISABLED, seconds=60)
        fail_times(guard, 50)

        assert guard.snapshot().tally.calls == 0

    def test_only_watched(self, guard):
        guard.obey(State.METRICS_ONLY, seconds=60)
        fail_times(guard, 8)

        assert guard.snapshot().tally.failed == 8


class TestEvents:
    def test_each_kind_is_told(self, registered, clock):
        heard = []
        end = events.subscribe(lambda event: heard.append(event.kind.value))
        try:
            registered.call(lambda: None)
            fail_times(registered, 3)
            with pytest.raises(NotPermitted):
                registered.call(lambda: None)
            registered.reset()
        finally:
            end()

        assert set(heard) >= {
            "success", "error", "failure_rate_exceeded", "state_transition", "not_permitted", "reset",
        }  # fmt: skip
