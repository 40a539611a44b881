"""The state machine: every transition as a table, every window, and what must hold whatever happens."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.breakers.breaker import Breaker, Kind, Order
from core.breakers.policy import Policy, State, Window
from core.breakers.window import Tally

POLICY = Policy(
    "table", window=Window.COUNT, window_size=10, minimum_calls=4, failure_rate=50,
    slow_rate=60, open_seconds=10, open_factor=2, open_seconds_max=30, probes=3,
    probe_seconds=5,
)  # fmt: skip
S = State


def call(breaker, now, *, failed=False, slow=False):
    permit = breaker.ask(now)
    assert permit is not None
    breaker.record(permit, failed=failed, slow=slow, now=now)


def calls(breaker, now, failed=0, fine=0, slow=0):
    for _ in range(fine):
        call(breaker, now)
    for _ in range(slow):
        call(breaker, now, slow=True)
    for _ in range(failed):
        call(breaker, now, failed=True)


def opened(policy=POLICY, now=0.0):
    breaker = Breaker(policy)
    calls(breaker, now, failed=policy.minimum_calls)
    assert breaker.state is S.OPEN
    breaker.changes.clear()
    return breaker


def half_opened(policy=POLICY):
    breaker = opened(policy)
    breaker.tick(10.0)
    assert breaker.state is S.HALF_OPEN
    breaker.changes.clear()
    return breaker


def forced(state, under=None):
    breaker = under or Breaker(POLICY)
    breaker.obey(Order(state, until=1000.0, reason="a person"), 0.0)
    breaker.changes.clear()
    return breaker


NOTHING = None
# How it stands, what happens, and the state after; NOTHING: it stays.
TRANSITIONS = {
    "closed: fewer than the minimum": (Breaker, lambda b: calls(b, 0, failed=3), NOTHING),
    "closed: below the failure rate": (Breaker, lambda b: calls(b, 0, fine=6, failed=4), NOTHING),
    "closed: at the failure rate": (Breaker, lambda b: calls(b, 0, fine=2, failed=2), S.OPEN),
    "closed: below the slow rate": (Breaker, lambda b: calls(b, 0, fine=2, slow=2), NOTHING),
    "closed: at the slow rate": (Breaker, lambda b: calls(b, 0, fine=2, slow=3), S.OPEN),
    "closed: forced open": (Breaker, lambda b: b.obey(Order(S.FORCED_OPEN, 9), 0), S.FORCED_OPEN),
    "closed: disabled": (Breaker, lambda b: b.obey(Order(S.DISABLED, 9), 0), S.DISABLED),
    "closed: watched": (Breaker, lambda b: b.obey(Order(S.METRICS_ONLY, 9), 0), S.METRICS_ONLY),
    "closed: an order that is over": (Breaker, lambda b: b.obey(Order(S.DISABLED, 9), 9), NOTHING),
    "closed: reset": (Breaker, lambda b: b.reset("", 0), NOTHING),
    "closed: test now": (Breaker, lambda b: b.test_now("", 0), S.HALF_OPEN),
    "closed: others opened": (
        Breaker, lambda b: b.adopt(epoch=1, closed=False, seconds_left=5, cause="", now=0), S.OPEN),
    "closed: others know less": (
        Breaker, lambda b: b.adopt(epoch=0, closed=False, seconds_left=5, cause="", now=0), NOTHING),
    "open: its time is not over": (opened, lambda b: b.ask(9.9), NOTHING),
    "open: its time is over": (opened, lambda b: b.ask(10.0), S.HALF_OPEN),
    "open: forced open": (opened, lambda b: b.obey(Order(S.FORCED_OPEN, 9), 0), S.FORCED_OPEN),
    "open: disabled": (opened, lambda b: b.obey(Order(S.DISABLED, 9), 0), S.DISABLED),
    "open: watched": (opened, lambda b: b.obey(Order(S.METRICS_ONLY, 9), 0), S.METRICS_ONLY),
    "open: reset": (opened, lambda b: b.reset("", 0), S.CLOSED),
    "open: test now": (opened, lambda b: b.test_now("", 0), S.HALF_OPEN),
    "open: others closed": (
        opened, lambda b: b.adopt(epoch=1, closed=True, seconds_left=0, cause="", now=1), S.CLOSED),
    "open: others opened again": (
        opened, lambda b: b.adopt(epoch=2, closed=False, seconds_left=9, cause="", now=1), NOTHING),
    "half open: too few came back": (half_opened, lambda b: calls(b, 10, fine=2), NOTHING),
    "half open: all came back well": (half_opened, lambda b: calls(b, 10, fine=3), S.CLOSED),
    "half open: one of three failed": (half_opened, lambda b: calls(b, 10, fine=2, failed=1), S.CLOSED),
    "half open: two of three failed": (half_opened, lambda b: calls(b, 10, fine=1, failed=2), S.OPEN),
    "half open: two of three slow": (half_opened, lambda b: calls(b, 10, fine=1, slow=2), S.OPEN),
    "half open: forced open": (half_opened, lambda b: b.obey(Order(S.FORCED_OPEN, 99), 10), S.FORCED_OPEN),
    "half open: disabled": (half_opened, lambda b: b.obey(Order(S.DISABLED, 99), 10), S.DISABLED),
    "half open: watched": (half_opened, lambda b: b.obey(Order(S.METRICS_ONLY, 99), 10), S.METRICS_ONLY),
    "half open: reset": (half_opened, lambda b: b.reset("", 10), S.CLOSED),
    "half open: test now": (half_opened, lambda b: b.test_now("", 10), NOTHING),
    "half open: the fleet's probes came back well": (half_opened, lambda b: b.settle(Tally(3), 10), S.CLOSED),
    "half open: the fleet's probes failed": (half_opened, lambda b: b.settle(Tally(3, 3), 10), S.OPEN),
    "half open: others closed": (
        half_opened, lambda b: b.adopt(epoch=1, closed=True, seconds_left=0, cause="", now=10), S.CLOSED),
    "half open: others opened again": (
        half_opened, lambda b: b.adopt(epoch=2, closed=False, seconds_left=9, cause="", now=10), S.OPEN),
    "half open: for ever": (
        half_opened, lambda b: b.tick(10_000), NOTHING),
    "half open: nothing came of it in time": (
        lambda: half_opened(replace(POLICY, half_open_seconds=60)), lambda b: b.tick(70), S.OPEN),
    "forced open: lifted": (lambda: forced(S.FORCED_OPEN), lambda b: b.obey(None, 1), S.CLOSED),
    "forced open: its end": (lambda: forced(S.FORCED_OPEN), lambda b: b.tick(1000), S.CLOSED),
    "forced open: let through": (
        lambda: forced(S.FORCED_OPEN), lambda b: b.obey(Order(S.DISABLED, 9), 1), S.DISABLED),
    "forced open: reset stays forced": (lambda: forced(S.FORCED_OPEN), lambda b: b.reset("", 1), NOTHING),
    "forced open over open: lifted": (
        lambda: forced(S.FORCED_OPEN, opened()), lambda b: b.obey(None, 1), S.OPEN),
    "disabled: all fail": (lambda: forced(S.DISABLED), lambda b: calls(b, 1, failed=20), NOTHING),
    "disabled: its end": (lambda: forced(S.DISABLED), lambda b: b.tick(1000), S.CLOSED),
    "disabled over open: lifted": (lambda: forced(S.DISABLED, opened()), lambda b: b.obey(None, 1), S.OPEN),
    "watched: all fail": (lambda: forced(S.METRICS_ONLY), lambda b: calls(b, 1, failed=20), NOTHING),
    "watched: lifted": (lambda: forced(S.METRICS_ONLY), lambda b: b.obey(None, 1), S.CLOSED),
}  # fmt: skip


class TestTransitions:
    @pytest.mark.parametrize(("made", "act", "after"), TRANSITIONS.values(), ids=list(TRANSITIONS))
    def test_each(self, made, act, after):
        breaker = made(POLICY) if made is Breaker else made()
        before = breaker.state

        act(breaker)

        assert breaker.state is (after or before)
        told = [(change.before, change.after) for change in breaker.changes]
        assert (told[-1][1] if told else before) is breaker.state
        for (_, came), (went, _) in itertools.pairwise(told):
            assert came is went

    def test_the_table_leaves_no_state_out(self):
        begun = {name.split(":")[0].split(" over")[0] for name in TRANSITIONS}
        assert begun == {"closed", "open", "half open", "forced open", "disabled", "watched"}


class TestPermits:
    @pytest.mark.parametrize(
        ("made", "kind"),
        [
            (lambda: Breaker(POLICY), Kind.CALL),
            (opened, None),
            (half_opened, Kind.PROBE),
            (lambda: forced(S.FORCED_OPEN), None),
            (lambda: forced(S.DISABLED), Kind.UNRECORDED),
            (lambda: forced(S.METRICS_ONLY), Kind.WATCHED),
        ],
    )
    def test_each_state(self, made, kind):
        breaker = made()
        permit = breaker.ask(9.0 if breaker.state is S.OPEN else 10.0)

        assert (permit and permit.kind) is kind

    def test_probes_are_limited(self):
        breaker = half_opened()

        assert [breaker.ask(10.0) is not None for _ in range(5)] == [True] * 3 + [False] * 2

    def test_a_probe_given_back_is_another_s(self):
        breaker = half_opened()
        permits = [breaker.ask(10.0) for _ in range(3)]

        breaker.give_back(permits[0])

        assert breaker.ask(10.0) is not None
        assert breaker.ask(10.0) is None

    def test_a_probe_that_died_gives_way_when_its_lease_ends(self):
        breaker = half_opened()
        for _ in range(3):
            breaker.ask(10.0)

        assert breaker.ask(14.9) is None
        assert breaker.ask(15.0) is not None

    def test_what_began_before_the_opening_says_nothing_after_it(self):
        breaker = Breaker(POLICY)
        late = breaker.ask(0.0)
        calls(breaker, 0.0, failed=4)
        breaker.tick(10.0)

        breaker.record(late, failed=True, slow=False, now=10.0)

        assert breaker.state is S.HALF_OPEN
        assert breaker.tally(10.0) == Tally()

    def test_each_opening_in_a_row_is_longer_up_to_the_limit(self):
        breaker, now, lengths = opened(), 0.0, []
        for _ in range(4):
            lengths.append(breaker.until - now)
            now = breaker.until
            calls(breaker, now, failed=3)

        assert lengths == [10, 20, 30, 30]

    def test_a_closed_one_begins_anew(self):
        breaker = half_opened()
        calls(breaker, 10.0, fine=3)

        calls(breaker, 11.0, failed=4)

        assert breaker.until == 21.0


class TestTimeWindow:
    policy = Policy("time", window_size=60, minimum_calls=4, failure_rate=50, slow_rate=60)

    def test_alternating_failures_open_it(self):
        breaker = Breaker(self.policy)
        for second in range(4):
            call(breaker, second, failed=second % 2 == 1)

        assert breaker.state is S.OPEN

    def test_three_failures_in_a_night_do_not(self):
        breaker = Breaker(self.policy)
        for hour in range(3):
            call(breaker, hour * 3600.0, failed=True)

        assert breaker.state is S.CLOSED

    @given(st.lists(st.tuples(st.floats(0, 400), st.booleans(), st.booleans()), max_size=60))
    @settings(max_examples=200, deadline=None)
    def test_counts_as_a_naive_list_does(self, happened):
        from core.breakers.window import TimeWindow

        window, done = TimeWindow(60), []
        for at, failed, slow in sorted(happened):
            window.add(failed=failed, slow=slow, now=at)
            done.append((int(at), failed, slow))
            lately = [each for each in done if each[0] > int(at) - 60]
            assert window.tally(at) == Tally(
                len(lately), sum(each[1] for each in lately), sum(each[2] for each in lately)
            )

    @given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60), st.integers(1, 12))
    @settings(max_examples=200, deadline=None)
    def test_the_count_window_too(self, happened, size):
        from core.breakers.window import CountWindow

        window = CountWindow(size)
        for place, (failed, slow) in enumerate(happened, start=1):
            window.add(failed=failed, slow=slow, now=0.0)
            lately = happened[max(0, place - size) : place]
            assert window.tally(0.0) == Tally(
                len(lately), sum(each[0] for each in lately), sum(each[1] for each in lately)
            )


class TestMerging:
    """Two processes that tell each other end up alike, whatever the order."""

    def test_telling_twice_changes_nothing(self):
        breaker = Breaker(POLICY)
        told = {"epoch": 3, "closed": False, "seconds_left": 5.0, "cause": "far", "now": 0.0}

        assert breaker.adopt(**told)
        assert not breaker.adopt(**told)
        assert breaker.seconds_left(0.0) == 5.0
        assert [change.heard for change in breaker.changes] == [True]

    @given(st.permutations([(1, False), (1, True), (2, False), (2, True), (3, False)]))
    def test_the_order_of_telling_does_not_matter(self, told):
        breaker = Breaker(POLICY)
        for epoch, closed in told:
            breaker.adopt(epoch=epoch, closed=closed, seconds_left=5.0, cause="", now=0.0)

        assert (breaker.epoch, breaker.state) == (3, S.OPEN)


class AnyHistory(RuleBasedStateMachine):
    """Calls, losses, orders, time and other processes in any order."""

    def __init__(self):
        super().__init__()
        self.breaker, self.now, self.under_way, self.epochs = Breaker(POLICY), 0.0, [], [0]

    @rule()
    def asks(self):
        permit = self.breaker.ask(self.now)
        if permit:
            self.under_way.append(permit)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), failed=st.booleans(), slow=st.booleans())
    def returns(self, data, failed, slow):
        permit = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        self.breaker.record(permit, failed=failed, slow=slow, now=self.now)

    @precondition(lambda self: self.under_way)
    @rule()
    def gives_back(self):
        self.breaker.give_back(self.under_way.pop())

    @rule(seconds=st.floats(0.1, 40))
    def time_passes(self, seconds):
        self.now += seconds

    @rule(state=st.sampled_from([S.FORCED_OPEN, S.DISABLED, S.METRICS_ONLY]))
    def is_ordered(self, state):
        self.breaker.obey(Order(state, self.now + 20), self.now)

    @rule()
    def is_lifted(self):
        self.breaker.obey(None, self.now)

    @rule()
    def is_reset(self):
        self.breaker.reset("", self.now)

    @rule(ahead=st.integers(-1, 2), closed=st.booleans())
    def hears(self, ahead, closed):
        self.breaker.adopt(
            epoch=max(0, self.breaker.epoch + ahead),
            closed=closed, seconds_left=5, cause="", now=self.now,
        )  # fmt: skip

    @invariant()
    def epochs_only_grow(self):
        assert self.breaker.epoch >= self.epochs[-1]
        self.epochs.append(self.breaker.epoch)

    @invariant()
    def no_more_probes_than_permitted(self):
        assert len(self.breaker._probes) + self.breaker._probed.calls <= POLICY.probes

    @invariant()
    def changes_join_up(self):
        told = self.breaker.changes
        for one, next_one in itertools.pairwise(told):
            assert one.after is next_one.before

    @invariant()
    def open_means_nobody_goes(self):
        if self.breaker.underlying is S.OPEN and not self.breaker.order:
            assert self.now >= self.breaker.until or self.breaker.ask(self.now) is None


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
