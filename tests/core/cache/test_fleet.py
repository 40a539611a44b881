"""Four processes with a hundred threads each: one making for all, and what one forgets all forget."""

import time

import pytest
from django.core.cache import caches

THREADS, PROCESSES = 100, 4


@pytest.fixture
def makings(valkey):
    """How often the value was made, in all processes."""
    valkey.delete("test:makings")
    yield lambda: int(valkey.get("test:makings") or 0)
    valkey.delete("test:makings")


def all_at_once(processes, act, key):
    for process in processes:
        process.tell(act, key)
    return [process.answer() for process in processes]


class TestColdKey:
    def test_is_made_once_by_the_whole_fleet(self, fleet, makings):
        answers = all_at_once(fleet("shared"), "protected", "cold")

        assert makings() == 1
        assert [answer[:2] for answer in answers] == [[THREADS, [["made", 1]]]] * PROCESSES
        assert sum(waited for _, _, waited in answers) >= THREADS * PROCESSES - 2 * PROCESSES

    def test_is_made_once_by_each_without_valkey(self, fleet, makings):
        answers = all_at_once(fleet("alone"), "protected", "cold")

        assert makings() == PROCESSES
        assert all(answer[0] == THREADS for answer in answers)

    def test_is_made_by_hundreds_with_the_guard_off(self, fleet, makings):
        """The twin: the same threads, with nothing but get and set."""
        all_at_once(fleet("shared"), "unprotected", "cold")

        assert makings() > THREADS


class TestInvalidation:
    @pytest.mark.parametrize("how", ["set", "delete", "tag", "pattern", "clear"])
    def test_reaches_the_others_within_a_second(self, fleet, how):
        cache = caches["default"]
        other = fleet("shared", processes=1)[0]
        assert other.ask("listen") is True
        cache.set("fleet:a", "old")
        assert other.ask("read", "fleet:a") == "old"

        other.tell("changed", ["fleet:a", "old"])
        began = time.time()
        {
            "set": lambda: cache.set("fleet:a", "new"),
            "delete": lambda: cache.delete("fleet:a"),
            "tag": lambda: cache.forget_tags("family:other"),
            "pattern": lambda: cache.delete_pattern("fleet:*"),
            "clear": cache.clear,
        }[how]()

        assert other.answer() - began < 1.0
        assert other.ask("read", "fleet:a") == ("new" if how == "set" else None)
