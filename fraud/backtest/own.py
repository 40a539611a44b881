"""Our own payments as they were seen when they were judged, under other points.

Each kept its factors' values, so nothing that came later can colour them; what became of it is told
in four parts: fraud (disputed, warned), refunded as fraud, refused or blocked, good.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fraud.backtest import metrics
from fraud.risk_signals import FACTORS
from fraud.risk_signals.factor import Values
from fraud.scoring import HIGHEST, LOWEST, Thresholds, WeightSet
from fraud.scoring import total as total_of

PARTS = ("fraud", "refunded_as_fraud", "refused_or_blocked", "good")


@dataclass(frozen=True, slots=True)
class Judged:
    """One payment as the last judgement saw it. `is_fraud` is None while nobody can know."""

    values: Values
    amount_minor: int
    score: int
    part: str
    is_fraud: bool | None


def measure(
    payments: Sequence[Judged], weights: WeightSet, thresholds: Thresholds
) -> dict[str, Any]:
    """What these points would have done, part by part, and what each factor found; of no payments
    their number alone."""
    if not payments:
        return {"version": weights.version, "payments": 0}
    totals = np.array([total_of(known(each.values), weights) for each in payments])
    scores = np.clip(np.floor(totals), LOWEST, HIGHEST).astype(int)
    blocked = scores > thresholds.block_above
    reviewed = (scores >= thresholds.review_from) & ~blocked
    parts = np.array([each.part for each in payments], object)
    amounts = np.array([each.amount_minor for each in payments], np.int64)
    fraud = np.array([bool(each.is_fraud) for each in payments], bool)
    return {
        "version": weights.version,
        "payments": len(payments),
        "parts": {
            part: {
                "payments": int((parts == part).sum()),
                "blocked": int((blocked & (parts == part)).sum()),
                "reviewed": int((reviewed & (parts == part)).sum()),
            }
            for part in PARTS
        },
        "changed_band": sum(
            thresholds.band(new) != thresholds.band(each.score)
            for new, each in zip(scores.tolist(), payments, strict=True)
        ),
        "review_rate": _rounded(reviewed.mean()),
        "block_rate": _rounded(blocked.mean()),
        "block_precision": _rounded(fraud[blocked].mean()) if blocked.any() else None,
        "review_precision": _rounded(fraud[reviewed].mean()) if reviewed.any() else None,
        "recall": _rounded(fraud[blocked | reviewed].sum() / max(int(fraud.sum()), 1)),
        "saved_minor": int(amounts[fraud & (blocked | reviewed)].sum()),
        "lost_minor": int(amounts[fraud & ~(blocked | reviewed)].sum()),
        "refused_good_minor": int(amounts[~fraud & blocked].sum()),
        "average_precision": _rounded(metrics.average_precision(totals, fraud)),
        "precision_at_1pct": _rounded(metrics.at_share(totals, fraud, 0.01)[0]),
        "recall_at_1pct": _rounded(metrics.at_share(totals, fraud, 0.01)[1]),
        "factors": _factors(payments, weights, fraud),
    }


def _factors(
    payments: Sequence[Judged], weights: WeightSet, fraud: NDArray[np.bool_]
) -> dict[str, dict[str, Any]]:
    """How often each factor spoke against a payment, and how often it was wrong."""
    share = max(float(fraud.mean()), 1e-9)
    found = {}
    for name, factor in FACTORS.items():
        spoke = np.array(
            [
                name in each.values and weights.points(factor, each.values[name]) > 0
                for each in payments
            ]
        )
        if spoke.any():
            right = float(fraud[spoke].mean())
            found[name] = {
                "payments": int(spoke.sum()),
                "lift": _rounded(right / share),
                "false_positive_ratio": _rounded(1 - right),
            }
    return found


def known(values: Values) -> Values:
    """What was not kept was not known; a factor that is no longer there says nothing."""
    return {name: values.get(name) for name in FACTORS}


def _rounded(value: Any) -> float | None:
    number = float(value)
    return None if np.isnan(number) else round(number, 4)


def labelled(payments: Iterable[Judged]) -> list[Judged]:
    return [each for each in payments if each.is_fraud is not None]
