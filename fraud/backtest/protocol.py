"""One run on a file of events: replay all of it, learn on the past alone, judge the rest.

`train_from` and `drop_known` give the protocol of the published results: days are counted from the
epoch, a card that is known to be compromised before a day begins is left out of that day.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fraud.backtest import metrics, tables
from fraud.backtest.events import DAY, BadHistory, History
from fraud.learning import learner
from fraud.learning.totals import totals as totals_of
from fraud.scoring import HIGHEST, LOWEST, SHIPPED, Thresholds, WeightSet

TOP_CARDS = 100


@dataclass(frozen=True)
class Plan:
    """Moments are seconds; `train_until` and `test_until` are not part of their spans."""

    train_from: float | None = None
    train_until: float | None = None
    test_from: float | None = None
    test_until: float | None = None
    drop_known: bool = False


@dataclass(frozen=True)
class Result:
    figures: dict[str, Any]
    weights: WeightSet


def run(
    history: History, plan: Plan, thresholds: Thresholds, *, weights: WeightSet = SHIPPED
) -> Result:
    """The figures of the judged payments; with `train_until` by points learned before it."""
    began = time.monotonic()
    judged = _judged(history, plan)
    if not len(judged):
        raise BadHistory("No labelled payment is left to judge.")
    training = judged[:0] if plan.train_until is None else _training(history, plan)
    rows = np.union1d(training, judged)
    table = tables.replayed(history, rows)
    replayed = time.monotonic() - began
    fraud = np.array([label == 1 for label in history.label], bool)
    learned = None
    if plan.train_until is not None:
        places = np.searchsorted(rows, training)
        learned = learner.learn(table, fraud[rows], places, version="learned")
        weights = learned.weights
    totals = totals_of(table, np.searchsorted(rows, judged), weights)
    figures = {
        **_figures(history, judged, totals, fraud, thresholds),
        "penalty": learned.penalty if learned else None,
        "payments_replayed": len(history),
        "replay_seconds": round(replayed, 1),
        "seconds": round(time.monotonic() - began, 1),
    }
    return Result(figures, weights)


def _training(history: History, plan: Plan) -> NDArray[np.intp]:
    """What was labelled by the time judging begins: a later label is not the past."""
    at, label_at = np.array(history.at), np.array(history.label_at)
    start = plan.test_from if plan.test_from is not None else plan.train_until
    wanted = (at < plan.train_until) & (label_at <= start) & _labelled(history)
    if plan.train_from is not None:
        wanted &= at >= plan.train_from
    return np.flatnonzero(wanted)


def _judged(history: History, plan: Plan) -> NDArray[np.intp]:
    at = np.array(history.at)
    start = plan.test_from if plan.test_from is not None else plan.train_until
    wanted = _labelled(history)
    if start is not None:
        wanted &= at >= start
    if plan.test_until is not None:
        wanted &= at < plan.test_until
    rows = np.flatnonzero(wanted)
    return _without_known(history, plan, rows) if plan.drop_known else rows


def _labelled(history: History) -> NDArray[np.bool_]:
    return np.array([label is not None for label in history.label], bool)


def _without_known(history: History, plan: Plan, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    since = plan.train_from if plan.train_from is not None else float("-inf")
    known_from: dict[str, float] = {}
    for row, card in enumerate(_cards(history)):
        if card and history.label[row] and history.at[row] >= since:
            known_from[card] = min(known_from.get(card, float("inf")), history.label_at[row])
    cards = _cards(history)
    never = float("inf")
    kept = [row for row in rows if known_from.get(cards[row], never) >= _day(history, row) * DAY]
    return np.array(kept, np.intp)


def _figures(
    history: History,
    rows: NDArray[np.intp],
    totals: NDArray[np.float64],
    all_fraud: NDArray[np.bool_],
    thresholds: Thresholds,
) -> dict[str, Any]:
    fraud = all_fraud[rows]
    scores = np.clip(np.floor(totals), LOWEST, HIGHEST)
    blocked = scores > thresholds.block_above
    reviewed = (scores >= thresholds.review_from) & ~blocked
    precision, recall = metrics.at_share(totals, fraud, 0.01)
    cards = _cards(history)
    amounts = np.array(history.amount_minor, np.int64)[rows]
    days = np.array([_day(history, row) for row in rows], np.int64)
    found = {
        "rows": len(rows),
        "frauds": int(fraud.sum()),
        "auc_roc": metrics.auc_roc(totals, fraud),
        "average_precision": metrics.average_precision(totals, fraud),
        "card_precision_at_100": metrics.card_precision(
            totals, fraud, np.array([cards[row] for row in rows], object), days, TOP_CARDS
        ),
        "precision_at_1pct": precision,
        "recall_at_1pct": recall,
        "recall_at_5pct": metrics.at_share(totals, fraud, 0.05)[1],
        "lift_at_20pct": metrics.lift_at(totals, fraud, 0.2),
        "blocked_share": float(blocked.mean()),
        "blocked_precision": _share(fraud, blocked),
        "reviewed_share": float(reviewed.mean()),
        "reviewed_precision": _share(fraud, reviewed),
        "value_recall_at_1pct": metrics.value_recall(totals, fraud, amounts, 0.01),
    }
    return {
        name: round(each, 4) if isinstance(each, float) else each for name, each in found.items()
    }


def _share(fraud: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> float | None:
    return float(fraud[chosen].mean()) if chosen.any() else None


def _cards(history: History) -> list[str]:
    for name in ("card", "customer"):
        if name in history.text:
            return history.text[name]
    return [""] * len(history)


def _day(history: History, row: int) -> int:
    return int(history.at[row] // DAY)
