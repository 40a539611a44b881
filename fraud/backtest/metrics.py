"""How well a ranking finds fraud: the measures of the literature, exact on ties.

All take the scores and the labels of the judged payments; the larger score is the more suspect.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def auc_roc(scores: Floats, fraud: Flags) -> float:
    """The chance that a fraud ranks above a good payment; a tie is worth a half."""
    frauds, goods = int(fraud.sum()), int((~fraud).sum())
    if not frauds or not goods:
        return float("nan")
    _values, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middle = ends - (counts - 1) / 2
    ranks = float(middle[places][fraud].sum())
    return (ranks - frauds * (frauds + 1) / 2) / (frauds * goods)


def average_precision(scores: Floats, fraud: Flags) -> float:
    """The mean of the precision at each threshold, by the recall it gains."""
    frauds = int(fraud.sum())
    if not frauds:
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(fraud[order])
    ranked = scores[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    precision = found[last] / (last + 1)
    gained = np.diff(np.concatenate([[0], found[last]])) / frauds
    return float((precision * gained).sum())


def at_share(scores: Floats, fraud: Flags, share: float) -> tuple[float, float]:
    """Precision and recall when that share of all payments, the most suspect, is looked at."""
    count = max(round(len(scores) * share), 1)
    top = fraud[np.argsort(-scores, kind="stable")[:count]]
    return float(top.mean()), float(top.sum() / max(int(fraud.sum()), 1))


def lift_at(scores: Floats, fraud: Flags, share: float) -> float:
    """How many times more fraud the top share holds than a random one."""
    return at_share(scores, fraud, share)[1] / share


def card_precision(
    scores: Floats, fraud: Flags, cards: NDArray[np.object_], days: NDArray[np.int64], top: int
) -> float:
    """The share of compromised cards among the `top` most suspect of each day, the mean over days.
    A card that was found is not looked at again on later days."""
    found: set[object] = set()
    shares = []
    for day in np.unique(days):
        rows = np.flatnonzero(days == day)
        rows = rows[np.argsort(-scores[rows], kind="stable")]
        suspects: dict[object, bool] = {}
        for row in rows:
            card = cards[row]
            if card and card not in found:
                suspects[card] = suspects.get(card, False) or bool(fraud[row])
        chosen = list(suspects)[:top]
        caught = {card for card in chosen if suspects[card]}
        found |= caught
        shares.append(len(caught) / top)
    return float(np.mean(shares)) if shares else float("nan")


def value_recall(scores: Floats, fraud: Flags, amounts: NDArray[np.int64], share: float) -> float:
    """The part of all money lost to fraud that the top share of payments holds."""
    top = np.argsort(-scores, kind="stable")[: max(round(len(scores) * share), 1)]
    lost = int(amounts[fraud].sum())
    return float(amounts[top][fraud[top]].sum() / lost) if lost else float("nan")
