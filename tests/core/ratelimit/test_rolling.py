"""A rolling window: never more than the limit in any stretch of time, in the store and in a process alone."""

import pytest
from django.core.cache import caches
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from core.ratelimit import local as locally
from core.ratelimit import store
from core.ratelimit.local import LocalCounts
from core.ratelimit.rates import BadRate, Rate, parse
from tests.core.ratelimit.conftest import at_once


@pytest.fixture(autouse=True)
def fresh():
    caches["ratelimit"].clear()
    store.forget()
    yield
    store.forget()


class TestRolling:
    def test_lets_half_through_at_once_and_says_when_more_may_come(self):
        rate = Rate(10, 600)

        found = [store.rolling("card_attempts.address", "k", rate)[0] for _ in range(7)]

        assert [usage.over for usage in found] == [False] * 5 + [True] * 2
        assert 0 < found[-1].seconds_left <= 121

    def test_counts_each_key_for_itself(self):
        rate = Rate(2, 600)
        store.rolling("sign_in.address", "a", rate)

        assert not store.rolling("sign_in.address", "b", rate)[0].over
        assert store.rolling("sign_in.address", "a", rate)[0].over

    def test_gives_a_burst_no_more(self):
        rate = Rate(20, 600)

        found = at_once(lambda _number: int(store.rolling("sign_in.address", "k", rate)[0].over))

        assert found.count(0) == 10

    def test_begins_to_let_in_again_before_the_period_is_over(self, monkeypatch):
        """By its own clock, in a process alone: the store's clock is the server's."""
        clock = {"now": 1000.0}
        monkeypatch.setattr(locally.time, "monotonic", lambda: clock["now"])
        counts, rate = LocalCounts(), Rate(10, 600)
        quota = store.quota_of(rate)

        def ask() -> bool:
            usage = counts.rolling(
                ("n", "k"), rate, burst=quota.burst, interval=quota.emission_interval
            )
            return not usage.over

        assert [ask() for _ in range(6)] == [True] * 5 + [False]
        clock["now"] += quota.emission_interval
        assert [ask(), ask()] == [True, False]


class TestTheLimit:
    @effort(max_examples=300, deadline=None)
    @given(
        count=st.integers(1, 12),
        gaps=st.lists(st.floats(0, 90, allow_nan=False), min_size=1, max_size=120),
    )
    def test_holds_in_any_stretch_whatever_the_arrivals(self, count, gaps):
        seconds, now = 60, 0.0
        rate = Rate(count, seconds)
        quota = store.quota_of(rate)
        counts, let_in = LocalCounts(), []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(locally.time, "monotonic", lambda: now)
            for gap in gaps:
                now += gap
                usage = counts.rolling(
                    ("n", "k"), rate, burst=quota.burst, interval=quota.emission_interval
                )
                if not usage.over:
                    let_in.append(now)

        for begin in let_in:
            assert sum(begin <= at < begin + seconds for at in let_in) <= count

    def test_of_the_library_allows_twice_as_many(self):
        """Why the quota is cut in half: a burst of the whole limit, and the whole limit again in the same period."""
        from throttled import rate_limiter

        plain = rate_limiter.per_min(10)

        assert plain.burst + plain.get_limit() == 20
        assert store.quota_of(Rate(10, 60)).burst + store.quota_of(Rate(10, 60)).rate.limit == 10


class TestParse:
    @pytest.mark.parametrize(
        ("text", "rate"),
        [("600/m", Rate(600, 60)), ("60/10m", Rate(60, 600)), ("1/s", Rate(1, 1)), ("5/2d", Rate(5, 172800))],
    )  # fmt: skip
    def test_reads_how_many_in_how_long(self, text, rate):
        assert parse(text) == rate

    @pytest.mark.parametrize("text", ["", "0/m", "5", "5/0m", "5/w", "-1/m", "5 / m", "5/m\n6/m"])
    def test_refuses_anything_else(self, text):
        with pytest.raises(BadRate):
            parse(text)

    @pytest.mark.parametrize(("count", "share"), [(20, 5), (3, 1), (1, 1)])
    def test_shares_it_without_leaving_nothing(self, count, share):
        assert Rate(count, 60).shared_by(4) == Rate(share, 60)
