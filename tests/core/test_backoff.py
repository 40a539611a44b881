"""Pauses grow, end at the ceiling, and are spread."""

from datetime import timedelta

import pytest

from core.backoff import Backoff

BACKOFF = Backoff(first_seconds=2, factor=3, ceiling_seconds=60)


class TestAfter:
    @pytest.mark.parametrize(
        ("failures", "seconds"), [(1, 2), (2, 6), (3, 18), (4, 54), (5, 60), (10_000, 60)]
    )
    def test_grows_to_the_ceiling(self, failures, seconds):
        assert BACKOFF.after(failures, chance=lambda: 0.5) == timedelta(seconds=seconds)

    @pytest.mark.parametrize(("chance", "seconds"), [(0, 8), (0.5, 10), (1, 12)])
    def test_is_spread_by_a_fifth(self, chance, seconds):
        backoff = Backoff(first_seconds=10, factor=1, ceiling_seconds=60)

        assert backoff.after(1, chance=lambda: chance) == timedelta(seconds=seconds)
