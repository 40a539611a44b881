"""A store that hangs is asked once, and then left alone (what that costs: tests/performance/test_small_costs.py)."""

import pytest
from django.test import RequestFactory
from prometheus_client import REGISTRY

from core.ratelimit import limits, store


def ask() -> None:
    request = RequestFactory().get("/")
    limits.spend(request, limits.PAGES)
    limits.look(request, limits.LINKS)
    limits.roll(request, limits.CARDS)


def failures() -> float:
    return (
        REGISTRY.get_sample_value("ratelimit_store_failures_total", {"error": "TimeoutError"}) or 0
    )


@pytest.fixture
def rates(limited, settings):
    settings.RATE_LIMITS = dict.fromkeys(
        (
            *("pages", "pages.user", "pages.global", "unknown_links"),
            *("card_attempts", "card_attempts.global"),
        ),
        "100000/m",
    )


class TestAHangingStore:
    def test_is_asked_once_and_not_by_the_next_ones(self, rates, store_hangs, monkeypatch):
        monkeypatch.setattr(store, "PAUSE_SECONDS", 600.0)
        before = failures()

        for _ in range(20):
            ask()

        assert failures() == before + 1

    def test_is_asked_each_time_where_nobody_leaves_it_alone(self, rates, store_hangs, monkeypatch):
        """The twin: every limit of every request waits for it."""
        monkeypatch.setattr(store, "PAUSE_SECONDS", 0.0)
        before = failures()

        ask()

        assert failures() > before + 1

    def test_shows_in_the_metrics(self, rates, store_hangs):
        ask()

        assert REGISTRY.get_sample_value("ratelimit_store_away") == 1
        labels = {"limit": "pages", "scope": "address", "outcome": "passed", "counted_by": "local"}
        assert REGISTRY.get_sample_value("ratelimit_decisions_total", labels) >= 1

    def test_counts_again_for_all_when_it_is_back(self, rates):
        store._rest(OSError())
        store._resting_until = 0.0

        ask()

        assert REGISTRY.get_sample_value("ratelimit_store_away") == 0
