"""The measures by hand, ties and all."""

import numpy as np
import pytest

from fraud.backtest import metrics


def flags(text: str):
    return np.array([letter == "x" for letter in text])


def falling(count: int):
    return np.arange(count, 0, -1, dtype=float)


class TestAucRoc:
    @pytest.mark.parametrize(
        ("fraud", "expected"), [("xx..", 1.0), ("..xx", 0.0), ("x..x", 0.5), (".x.x", 0.25)]
    )
    def test_is_the_chance_to_rank_right(self, fraud, expected):
        assert metrics.auc_roc(falling(4), flags(fraud)) == expected

    def test_a_tie_is_worth_a_half(self):
        assert metrics.auc_roc(np.zeros(4), flags("x..x")) == 0.5


class TestAveragePrecision:
    @pytest.mark.parametrize(
        ("fraud", "expected"), [("xx..", 1.0), ("x.x.", (1 + 2 / 3) / 2), ("...x", 0.25)]
    )
    def test_weighs_precision_by_gained_recall(self, fraud, expected):
        assert metrics.average_precision(falling(4), flags(fraud)) == pytest.approx(expected)

    def test_ties_are_one_threshold(self):
        assert metrics.average_precision(np.ones(4), flags("x...")) == 0.25


class TestTop:
    def test_precision_recall_and_lift(self):
        fraud = flags("xx.x......")

        assert metrics.at_share(falling(10), fraud, 0.2) == (1.0, 2 / 3)
        assert metrics.lift_at(falling(10), fraud, 0.2) == pytest.approx((2 / 3) / 0.2)

    def test_money(self):
        amounts = np.array([100, 300, 50, 600])

        assert metrics.value_recall(falling(4), flags("x..x"), amounts, 0.25) == 100 / 700


class TestCardPrecision:
    def test_counts_a_card_once_a_day_and_not_again_once_found(self):
        scores = falling(6)
        fraud = flags("xx.x.x")
        cards = np.array(["a", "a", "b", "a", "b", "c"], object)
        days = np.array([0, 0, 0, 1, 1, 1])

        assert metrics.card_precision(scores, fraud, cards, days, top=2) == (0.5 + 0.5) / 2
