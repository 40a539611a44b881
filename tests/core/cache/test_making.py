"""How a value is made: once, in bounded time, with something old to show where there is."""

import threading
import time

import pytest

from core.cache import stats
from core.cache.layers import MakingTookTooLong
from core.errors import NotFound

# The memory is emptied when a process begins to listen; not in the middle of a test.
pytestmark = pytest.mark.usefixtures("listening")


class Gone(NotFound):
    pass


class Source:
    """A factory that fails, hangs and counts as it is told."""

    def __init__(self):
        self.calls = 0
        self.error = None
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self):
        self.calls += 1
        call = self.calls
        assert self.gate.wait(20)
        if self.error is not None:
            raise self.error
        return call


@pytest.fixture
def source():
    found = Source()
    yield found
    found.gate.set()


class TestFresh:
    def test_is_asked_for_once(self, family, source):
        kept = family()

        assert [kept.get(("a",), source) for _ in range(5)] == [1] * 5

    def test_keeps_parts_apart(self, family, source):
        kept = family()

        assert kept.get(("a:b", "c"), source) != kept.get(("a", "b:c"), source)

    def test_lives_a_little_shorter_each_so_that_not_all_end_at_once(self, family, layers):
        kept = family(seconds=100, jitter=0.1)
        for number in range(50):
            kept.get((number,), lambda: 1)

        lives = {
            round(entry.hard_fresh_until - entry.made_at, 3)
            for entry in layers.memory._store.values()
        }
        assert len(lives) > 25
        assert all(90 <= life <= 100 for life in lives)


class TestJoining:
    """Who asks while somebody else is making."""

    def test_after_a_change_is_not_given_what_was_begun_before_it(
        self, family, source, layers, in_thread, eventually
    ):
        kept = family()
        source.gate.clear()
        first = in_thread(lambda: kept.get((), source))
        eventually(lambda: source.calls == 1)
        layers.forget(tags=kept.own_tags)
        second = in_thread(lambda: kept.get((), source))
        eventually(lambda: stats.of(kept.name).read()["waited"] == 1)
        source.gate.set()

        assert (first(), second()) == (1, 2)

    def test_without_a_change_shares_the_making(self, family, source, in_thread, eventually):
        """The twin: two asked, one was made."""
        kept = family()
        source.gate.clear()
        first = in_thread(lambda: kept.get((), source))
        eventually(lambda: source.calls == 1)
        second = in_thread(lambda: kept.get((), source))
        eventually(lambda: stats.of(kept.name).read()["waited"] == 1)
        source.gate.set()

        assert (first(), second()) == (1, 1)


class TestStale:
    def test_is_shown_when_making_fails(self, family, source, moved):
        kept = family(seconds=60, stale_seconds=600)
        kept.get((), source)
        source.error = ConnectionError()
        moved(120)

        assert kept.get((), source) == 1
        assert stats.of(kept.name).read()["stale"] == 1
        assert stats.of(kept.name).read()["failed"] == 1

    def test_is_not_shown_when_it_is_too_old(self, family, source, moved):
        kept = family(seconds=60, stale_seconds=60)
        kept.get((), source)
        source.error = ConnectionError()
        moved(121)

        with pytest.raises(ConnectionError):
            kept.get((), source)

    def test_is_shown_after_the_soft_time_and_made_anew_behind(
        self, family, source, moved, eventually
    ):
        kept = family(seconds=60, stale_seconds=600, soft_seconds=0.05)
        kept.get((), source)
        moved(61)
        source.gate.clear()
        began = time.monotonic()

        assert kept.get((), source) == 1
        assert time.monotonic() - began < 2
        source.gate.set()

        eventually(lambda: kept.get((), source) > 1)

    def test_is_shown_at_once_while_another_makes_it(
        self, family, source, moved, in_thread, eventually
    ):
        kept = family(seconds=60, stale_seconds=600, soft_seconds=20)
        kept.get((), source)
        moved(61)
        source.gate.clear()
        first = in_thread(lambda: kept.get((), source))
        eventually(lambda: source.calls == 2)

        assert kept.get((), source) == 1
        source.gate.set()
        assert first() == 2

    def test_is_not_shown_after_an_invalidation(self, family, source, layers):
        kept = family(stale_seconds=600)
        kept.get((), source)
        layers.forget(tags=kept.own_tags)

        assert kept.get((), source) == 2


class TestHardTime:
    def test_ends_the_wait_of_who_has_nothing_to_show(self, family, source):
        kept = family(hard_seconds=0.1)
        source.gate.clear()

        with pytest.raises(MakingTookTooLong) as refusal:
            kept.get((), source)

        assert refusal.value.extra["retry_after"] == 1

    def test_keeps_what_came_too_late(self, family, source, eventually):
        kept = family(hard_seconds=0.1)
        source.gate.clear()
        with pytest.raises(MakingTookTooLong):
            kept.get((), source)

        source.gate.set()

        eventually(lambda: kept.get((), lambda: "another") == 1)


class TestEager:
    def test_makes_anew_before_the_end_behind_the_callers_back(
        self, family, source, moved, eventually
    ):
        kept = family(seconds=100, eager=0.8, jitter=0)
        kept.get((), source)
        moved(81)
        source.gate.clear()

        assert [kept.get((), source) for _ in range(3)] == [1] * 3
        source.gate.set()

        eventually(lambda: kept.get((), source) > 1)


class TestAbsent:
    def test_is_remembered_for_a_short_time(self, family, source, moved):
        kept = family(absent=(Gone,), absent_seconds=5)
        source.error = Gone()
        for _ in range(3):
            with pytest.raises(Gone):
                kept.get((), source)
        assert source.calls == 1

        moved(6)
        source.error = None

        assert kept.get((), source) == 2

    def test_nothing_is_remembered_too(self, family, moved):
        kept, calls = family(absent_seconds=5), []
        for _ in range(3):
            assert kept.get((), lambda: calls.append(1)) is None
        moved(6)
        kept.get((), lambda: calls.append(1))

        assert len(calls) == 2

    def test_other_errors_are_not_remembered(self, family, source):
        kept = family(absent=(Gone,))
        source.error = ValueError()
        for _ in range(2):
            with pytest.raises(ValueError):
                kept.get((), source)

        assert source.calls == 2


class TestPersonal:
    def test_leaves_the_process_sealed_and_under_a_digest(self, family, layers):
        kept = family(personal=True)
        kept.get(("ada@example.com",), lambda: {"name": "Ada Canary"})

        client = layers.line.client
        stored = {key: client.hgetall(key) for key in client.scan_iter("rft:1:*")}
        assert len(stored) == 1
        assert "ada@" not in repr(stored)
        assert "Canary" not in repr(stored)

    def test_opens_again_and_nowhere_else(self, family, layers):
        kept = family(personal=True)
        kept.get(("a",), lambda: "Ada")
        kept.get(("b",), lambda: "Bob")
        client = layers.line.client
        first, second = client.scan_iter("rft:1:*")
        layers.memory.clear()
        assert {kept.get(("a",), lambda: "?"), kept.get(("b",), lambda: "?")} == {"Ada", "Bob"}

        client.hset(first, "p", client.hget(second, "p"))
        layers.memory.clear()

        assert sorted([kept.get(("a",), lambda: "?"), kept.get(("b",), lambda: "?")])[0] == "?"


class TestMemory:
    def test_is_bounded_and_the_least_used_leave(self, layers, family):
        from core.cache.layers import Layers, given
        from core.cache.making import Wish

        small, kept = Layers(prefix="small", bytes_max=20_000, shared_alias=""), family()
        for number in range(100):
            wish = Wish(f"small:1:{number}", kept, given, ())
            small.keep(small.entry(wish, "x" * 500, born=0))
            small.hit("small:1:0")

        held = small.memory.holdings()[kept.name]
        assert held.bytes <= 20_000
        assert 5 < held.entries < 30
        assert stats.of(kept.name).read()["evicted"] == 100 - held.entries
        assert small.hit("small:1:0") is not None

    def test_takes_nothing_that_pushes_all_others_out(self, family):
        from core.cache.layers import Layers, given
        from core.cache.making import Wish

        small = Layers(prefix="small", bytes_max=20_000, shared_alias="")
        small.keep(small.entry(Wish("small:1:a", family(), given, ()), "x" * 5_000, born=0))

        assert small.hit("small:1:a") is None
