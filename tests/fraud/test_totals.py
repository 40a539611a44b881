"""Many payments' totals at once are those that the score sums one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fraud import scoring
from fraud.learning import steps
from fraud.learning.sample import Table
from fraud.learning.totals import totals
from fraud.risk_signals import FACTORS
from fraud.risk_signals.factor import Points
from fraud.scoring import WeightSet

NUMBERS = st.one_of(st.none(), st.just(0), st.integers(-20, 300), st.just(0.5), st.just(99.75))
POINTS = st.integers(-200, 200).map(lambda tenths: tenths / 10)


def payments(draw, count):
    return [
        {
            name: draw(st.sampled_from([None, *factor.values, "unheard of"]))
            if factor.is_word
            else draw(NUMBERS)
            for name, factor in FACTORS.items()
        }
        for _ in range(count)
    ]


class TestTotals:
    @settings(max_examples=15, deadline=None)
    @given(st.data())
    def test_are_those_of_the_score(self, data):
        """Under the shipped points, and under any others for some factors."""
        seen = payments(data.draw, 3)
        names = data.draw(st.lists(st.sampled_from(list(FACTORS)), max_size=8, unique=True))
        others = {
            name: Points(
                tuple((start, data.draw(POINTS)) for start in (-1.0, 0.5, 3.0)),
                {"unheard of": data.draw(POINTS)},
                data.draw(POINTS),
                data.draw(POINTS),
            )
            for name in names
        }
        table = Table(FACTORS).fill(dict(each) for each in seen)
        told = [{name: each[name] for name in table.columns} for each in seen]

        for weights in (scoring.SHIPPED, WeightSet("other", 12.3, others)):
            found = totals(table, np.arange(len(seen)), weights)

            assert found.tolist() == [scoring.total(each, weights) for each in told]

    @pytest.mark.parametrize(
        ("value", "expected"),
        [(None, 1.5), (-2, 0), (-1, 4), (0, 7), (2.9, 4), (3, 9.9), (1e9, 9.9)],
    )
    def test_follow_the_steps(self, value, expected):
        table = Table(FACTORS).fill([dict.fromkeys(FACTORS) | {"places": value, "card_frauds": 1}])
        table.columns = {"places": np.array([value], np.float32)}
        points = Points(((-1.0, 4.0), (3.0, 9.9)), {}, 7.0, 1.5)

        assert totals(table, np.arange(1), WeightSet("x", 0, {"places": points})) == [expected]

    @settings(max_examples=200)
    @given(st.integers(1, 9_999_999), st.sampled_from([1, 10, 1000, 10_000]))
    def test_reach_a_learned_step_where_the_checkout_does(self, number, parts):
        """A step begins at a value that was seen; the table keeps fewer digits of it."""
        value = round(number / parts, 4)
        learned = Points(((steps._as_seen(np.float32(value)), 7.0),))
        table = Table(FACTORS).fill([dict.fromkeys(FACTORS) | {"places": value, "card_frauds": 1}])
        table.columns = {"places": np.array([value], np.float32)}

        assert learned.at(value) == 7
        assert totals(table, np.arange(1), WeightSet("x", 0, {"places": learned})) == [7]
