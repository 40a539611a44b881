"""A weight set from labelled payments: steps and points chosen on the training payments alone.

Points are on one scale whatever the history: 50 + 9 · ln(odds), so that 40 is one fraud in four and
80 is 97 %. The penalty is chosen by a rule, not by hand: fitted on the first two thirds of the
training time, judged on the rest.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fraud.learning import fitter, steps
from fraud.learning.sample import Table
from fraud.risk_signals.factor import Points
from fraud.scoring import WeightSet

EVEN_SCORE, POINTS_PER_NAT = 50.0, 9.0
PENALTIES = (0.3, 1.0, 3.0, 10.0)
FIRST_PART = 2 / 3
FRAUDS_LEAST = 20
GOOD_MAX, GOOD_MAX_CHOOSING = 120_000, 40_000

Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]
Floats = NDArray[np.float64]


class TooLittleKnown(ValueError):
    """There are too few confirmed frauds or good payments to learn from."""


@dataclass(frozen=True)
class Learned:
    """The weight set, the penalty the rule chose, and the factors that the rule left out."""

    weights: WeightSet
    penalty: float
    left_out: tuple[str, ...]


def learn(table: Table, label: Flags, rows: Rows, *, version: str) -> Learned:
    """Fits on `rows`, which are in time order; raises TooLittleKnown."""
    if label[rows].sum() < FRAUDS_LEAST or (~label[rows]).sum() < FRAUDS_LEAST:
        raise TooLittleKnown(f"Fewer than {FRAUDS_LEAST} frauds or good payments to learn from.")
    chosen = _chosen(table, label, rows)
    fitted = _fitted(table, label, rows, chosen.names, chosen.penalty)
    points, base = {}, EVEN_SCORE + POINTS_PER_NAT * fitted.intercept
    for name, block in fitted.blocks.items():
        added = POINTS_PER_NAT * block.log_odds()
        # What most payments have is worth nothing, so that a reading is something unusual.
        usual = added[np.bincount(block.cells, minlength=block.size).argmax()]
        points[name] = np.round(added - usual, 1) + 0.0
        base += usual
    factors = {
        name: fitted.codings[name].points(each.tolist(), table.words.get(name, []))
        for name, each in points.items()
    }
    # What did not hold is worth nothing; what never varied keeps the points it was shipped with.
    factors |= dict.fromkeys(chosen.left_out, Points())
    weights = WeightSet(version, round(base, 1), factors)
    return Learned(weights, chosen.penalty, chosen.left_out)


@dataclass(frozen=True)
class _Chosen:
    penalty: float
    names: list[str]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Fitted:
    codings: dict[str, steps.Coding]
    blocks: dict[str, fitter.Block]
    intercept: float

    def reached(self, table: Table, rows: Rows) -> Floats:
        """The log-odds of each payment."""
        found = np.full(len(rows), self.intercept)
        for part in self.parts(table, rows).values():
            found = found + part
        return found

    def parts(self, table: Table, rows: Rows) -> dict[str, Floats]:
        """What each factor adds to the log-odds of each payment."""
        return {
            name: self.blocks[name].log_odds()[coding.cells(table.columns[name][rows])]
            for name, coding in self.codings.items()
        }


def _chosen(table: Table, label: Flags, rows: Rows) -> _Chosen:
    """The penalty whose fit on the earlier payments is least surprised by the later ones, and the
    factors that held on the later ones: what only described its own days is left out."""
    names = list(table.columns)
    cut = int(len(rows) * FIRST_PART)
    earlier, later = rows[:cut], rows[cut:]
    if min(label[earlier].sum(), label[later].sum()) < FRAUDS_LEAST:
        return _Chosen(PENALTIES[-1], names, ())
    target, weight = label[later].astype(float), np.ones(len(later))
    first = _fitted(table, label, earlier, names, PENALTIES[1], good_max=GOOD_MAX_CHOOSING)
    names = _holding(first, table, later, target)
    surprise = {}
    for penalty in PENALTIES:
        fitted = _fitted(table, label, earlier, names, penalty, good_max=GOOD_MAX_CHOOSING)
        reached = fitted.reached(table, later)
        surprise[penalty] = fitter.loss(reached, target, weight)
    left_out = tuple(name for name in first.codings if name not in names)
    return _Chosen(min(surprise, key=surprise.__getitem__), names, left_out)


def _holding(fitted: _Fitted, table: Table, later: Rows, target: Floats) -> list[str]:
    """Leaves out, the worst first, each factor without which the later payments surprise less."""
    parts = fitted.parts(table, later)
    weight = np.ones(len(later))
    reached = fitted.reached(table, later)
    while parts:
        now = fitter.loss(reached, target, weight)
        gains = {
            name: now - fitter.loss(reached - part, target, weight) for name, part in parts.items()
        }
        worst = max(gains, key=gains.__getitem__)
        if gains[worst] <= 0:
            break
        reached = reached - parts.pop(worst)
    return list(parts)


def _fitted(
    table: Table,
    label: Flags,
    rows: Rows,
    names: list[str],
    penalty: float,
    *,
    good_max: int = GOOD_MAX,
) -> _Fitted:
    kept, weight = _thinned(label, rows, good_max)
    fraud = label[kept]
    codings, blocks = {}, {}
    for name in names:
        column = table.columns[name][kept]
        coding = steps.coding(table.factors[name], column, fraud)
        if coding is not None:
            sign = fitter.SIGNS[coding.factor.adverse]
            codings[name] = coding
            blocks[name] = fitter.Block(coding.cells(column), coding.size, sign, coding.is_ordered)
    intercept = fitter.fit(list(blocks.values()), fraud, weight, penalty=penalty)
    return _Fitted(codings, blocks, intercept)


def _thinned(label: Flags, rows: Rows, good_max: int) -> tuple[Rows, Floats]:
    """All frauds and every so-manieth good payment, which then weighs as much as those left out."""
    goods = rows[~label[rows]]
    every = max(-(-len(goods) // good_max), 1)
    kept = np.sort(np.concatenate([rows[label[rows]], goods[::every]]))
    weight = np.where(label[kept], 1.0, len(goods) / max(len(goods[::every]), 1))
    return kept, weight
