"""The score is arithmetic, and nothing else."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud import scoring
from fraud.risk_signals.reading import Reading

THRESHOLDS = scoring.Thresholds(three_d_secure_from=25, review_from=40, block_above=80)


def readings(*points: int) -> list[Reading]:
    return [Reading(f"signal{n}", n, each, "because") for n, each in enumerate(points)]


class TestScore:
    @pytest.mark.parametrize(
        ("points", "score", "band", "three_d_secure"),
        [
            ((), 5, "low", False),
            ((0, 0), 5, "low", False),
            ((19,), 24, "low", False),
            ((20,), 25, "low", True),
            ((34,), 39, "low", True),
            ((35,), 40, "medium", True),
            ((45, -10), 40, "medium", True),
            ((75,), 80, "medium", True),
            ((76,), 81, "high", True),
            ((95,), 100, "high", True),
            ((90, 90), 100, "high", True),
            ((-5,), 0, "low", False),
            ((-50, 3), 0, "low", False),
        ],
    )
    def test_gives_score_and_band(self, points, score, band, three_d_secure):
        result = scoring.score(readings(*points), THRESHOLDS)

        assert (result.score, result.band) == (score, band)
        assert result.three_d_secure is three_d_secure

    def test_shows_the_base_and_the_cut_as_reasons(self):
        result = scoring.score(readings(90, 90), THRESHOLDS)

        assert [reading.signal for reading in result.readings] == [
            "base", "signal0", "signal1", "cut",
        ]  # fmt: skip
        assert result.readings[-1].points == -85
        assert result.readings[-1].evidence == "The score ends at 100"

    @given(st.lists(st.integers(-100, 100), max_size=12))
    def test_shown_points_sum_to_the_score(self, points):
        result = scoring.score(readings(*points), THRESHOLDS)

        assert sum(reading.points for reading in result.readings) == result.score
        assert 0 <= result.score <= 100

    @given(st.lists(st.integers(-100, 100), max_size=12), st.integers(0, 100))
    def test_more_against_never_scores_less(self, points, more):
        without = scoring.score(readings(*points), THRESHOLDS)
        with_more = scoring.score(readings(*points, more), THRESHOLDS)

        assert with_more.score >= without.score

    def test_order_changes_nothing(self):
        scores = {
            scoring.score(order, THRESHOLDS).score
            for order in itertools.permutations(readings(30, -8, 45, 0, 60))
        }

        assert len(scores) == 1
