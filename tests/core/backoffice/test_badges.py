"""Counts beside the sidebar's links cost one look-up a page."""

import pytest
from django.core.cache import cache

from core.backoffice import badges


@pytest.fixture
def counted(monkeypatch):
    """A badge that says how often it was counted."""
    calls: list[int] = []

    def count() -> int:
        calls.append(1)
        return len(calls)

    monkeypatch.setattr(badges, "_counts", {})
    badges.register("things", count)
    cache.clear()
    yield calls
    cache.clear()


class TestWaiting:
    def test_counts_once_while_it_is_fresh(self, counted):
        assert badges.waiting(["things"]) == {"things": 1}
        assert badges.waiting(["things"]) == {"things": 1}
        assert len(counted) == 1

    def test_counts_again_when_the_cache_is_lost(self, counted):
        badges.waiting(["things"])
        cache.clear()

        assert badges.waiting(["things"]) == {"things": 2}

    def test_leaves_out_what_nobody_registered(self, counted):
        assert badges.waiting(["other"]) == {}
