"""The score is arithmetic, and nothing else."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud import scoring
from fraud.risk_signals.factor import Factor, Points

THRESHOLDS = scoring.Thresholds(three_d_secure_from=25, review_from=40, block_above=80)


def judged(*points: float, base: float = 5, rules=(), floors=(), order=None) -> scoring.Score:
    """The score of one factor for each of the points, with the rule that its place has."""
    factors = {
        f"f{n}": Factor(
            f"f{n}", "", values={"x": each}, rules={"x": rules[n]} if n < len(rules) else {}
        )
        for n, each in enumerate(points)
    }
    values = dict.fromkeys(order or factors, "x")
    weights = scoring.WeightSet("test", base)
    return scoring.score(
        values,
        weights,
        THRESHOLDS,
        evidence=lambda name, value: "because",
        floors=floors,
        factors=factors,
    )


def shown(score: scoring.Score) -> float:
    return round(sum(reading.points for reading in score.readings), 1)


class TestScore:
    @pytest.mark.parametrize(
        ("points", "score", "band", "three_d_secure"),
        [
            ((), 5, "low", False),
            ((0, 0), 5, "low", False),
            ((19,), 24, "low", False),
            ((20,), 25, "low", True),
            ((34,), 39, "low", True),
            ((34.9,), 39, "low", True),
            ((35,), 40, "medium", True),
            ((45, -10), 40, "medium", True),
            ((75,), 80, "medium", True),
            ((75.9,), 80, "medium", True),
            ((76,), 81, "high", True),
            ((95,), 100, "high", True),
            ((90, 90), 100, "high", True),
            ((-5,), 0, "low", False),
            ((-50, 3), 0, "low", False),
        ],
    )
    def test_gives_score_and_band(self, points, score, band, three_d_secure):
        result = judged(*points)

        assert (result.score, result.band) == (score, band)
        assert result.three_d_secure is three_d_secure

    def test_shows_the_base_and_the_cut_as_reasons(self):
        result = judged(90, 90)

        assert [reading.signal for reading in result.readings] == ["base", "f0", "f1", "cut"]
        assert result.readings[-1].points == -85
        assert result.readings[-1].evidence == "The score ends at 100"
        assert result.total == 185

    @given(st.lists(st.decimals(-100, 100, places=1), max_size=12))
    def test_shown_points_sum_to_the_score(self, points):
        result = judged(*map(float, points))

        assert shown(result) == result.score
        assert 0 <= result.score <= 100

    @given(
        st.lists(
            st.tuples(
                st.integers(-90, 90), st.sampled_from(["", "ask", "review", "block", "allow"])
            ),
            max_size=8,
        )
    )
    def test_rules_are_shown_as_points_too(self, factors):
        result = judged(*(each for each, _rule in factors), rules=[rule for _each, rule in factors])

        assert shown(result) == result.score

    @given(st.lists(st.integers(-100, 100), max_size=12), st.integers(0, 100))
    def test_more_against_never_scores_less(self, points, more):
        assert judged(*points, more).score >= judged(*points).score

    def test_order_changes_nothing(self):
        names = [f"f{n}" for n in range(5)]
        scores = {
            (result.score, result.total, result.readings)
            for order in itertools.permutations(names)
            for result in [judged(30, -8, 45.5, 0.1, 60, order=order)]
        }

        assert len(scores) == 1


class TestRules:
    @pytest.mark.parametrize(
        ("points", "rules", "score"),
        [
            ((-60,), ("block",), 100),
            ((0, -99), ("block",), 100),
            ((99,), ("allow",), 0),
            ((0, 99), ("allow",), 0),
            ((0, 0), ("allow", "block"), 100),
            ((0, 0), ("block", "allow"), 100),
            ((0,), ("ask",), 25),
            ((50,), ("ask",), 55),
            ((-20,), ("review",), 40),
            ((0, 0), ("allow", "ask"), 25),
        ],
    )
    def test_hard_evidence_says_where_the_score_ends(self, points, rules, score):
        assert judged(*points, rules=rules).score == score

    def test_a_floor_from_outside_is_a_reading_of_its_own(self):
        floor = scoring.Floor("unknown_facts", 40, "The history could not be read")

        result = judged(3, floors=[floor])

        assert result.score == 40
        assert result.readings[-1].signal == "unknown_facts"
        assert result.readings[-1].points == 32

    def test_a_floor_that_is_reached_says_nothing(self):
        floor = scoring.Floor("unknown_facts", 40, "The history could not be read")

        assert [each.signal for each in judged(50, floors=[floor]).readings] == ["base", "f0"]


class TestPoints:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (None, -1),
            (0, 2),
            (0.0, 2),
            (-3, 0),
            (0.5, 0),
            (1, 4),
            (2.9, 4),
            (3, 9),
            (99, 9),
            ("b", 7),
            ("?", 0),
        ],
    )
    def test_follow_the_value(self, value, expected):
        points = Points(((1, 4), (3, 9)), {"b": 7}, zero=2, missing=-1)

        assert points.at(value) == expected


class TestWeightSet:
    def test_survives_being_kept(self):
        kept = json.loads(json.dumps(scoring.as_json(scoring.SHIPPED)))

        assert scoring.from_json(kept) == scoring.SHIPPED

    def test_replaces_only_the_points_it_names(self):
        factor = Factor("amount", "", ((5, 10),))

        assert scoring.WeightSet("v", 0).points(factor, 6) == 10
        assert scoring.WeightSet("v", 0, {"amount": Points(((6, 1),))}).points(factor, 6) == 1
