"""Where a factor's steps begin, from what the training payments had: quantiles, each with a floor of
payments, and zero as a value of its own.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fraud.risk_signals.factor import Factor, Points

# Where a step may begin: at quantiles, and at every fraud's own value when those are few.
SHARES = tuple(np.linspace(0.005, 0.995, 199))
OF_FRAUD_MAX = 400
STEPS_MAX = 14
PAYMENTS_LEAST = 15
# Twice the gain in log-likelihood that a split must bring; by chance alone one in a hundred does.
GAIN_LEAST = 6.6
WORDS_MAX = 60

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]


@dataclass(frozen=True)
class Coding:
    """How one factor's values become cells: 0 is missing, 1 is below the first step, and each step
    has the next. Words have a cell each, in the order of `words`; 1 is for all others."""

    factor: Factor
    steps: tuple[float, ...] = ()
    words: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        return 2 + len(self.steps) + len(self.words)

    @property
    def is_ordered(self) -> bool:
        return not self.words

    def cells(self, values: Floats32) -> NDArray[np.uint8]:
        missing = np.isnan(values)
        if self.words:
            found = np.ones(len(values), np.uint8)
            for cell, word in enumerate(self.words, start=2):
                found[values == word] = cell
        else:
            steps = np.asarray(self.steps, np.float32)
            found = (np.searchsorted(steps, values, side="right") + 1).astype(np.uint8)
        found[missing] = 0
        return found

    def points(self, cell_points: list[float], vocabulary: list[str]) -> Points:
        """The fitted points in the form that is kept and shown."""
        if self.words:
            named = zip(self.words, cell_points[2:], strict=True)
            return Points(
                values={vocabulary[word]: points for word, points in named},
                missing=cell_points[0],
            )
        steps = ((float("-inf"), cell_points[1]), *zip(self.steps, cell_points[2:], strict=True))
        at_zero = [points for start, points in steps if start <= 0][-1]
        return Points(
            tuple((max(start, LOWEST), points) for start, points in steps),
            zero=at_zero,
            missing=cell_points[0],
        )


LOWEST = -1e12


def coding(factor: Factor, values: Floats32, label: NDArray[np.bool_]) -> Coding | None:
    """The cells of one factor, chosen on training payments alone; None when nothing varies."""
    known = ~np.isnan(values)
    if factor.is_word:
        words, counts = np.unique(values[known], return_counts=True)
        common = words[np.argsort(-counts, kind="stable")][:WORDS_MAX]
        enough = [int(word) for word in common if (values == word).sum() >= PAYMENTS_LEAST]
        made = Coding(factor, words=tuple(enough))
        varies = len(enough) + (not known.all()) > 1
        return made if enough and varies else None
    steps = _steps(values[known], values[known & label])
    if not steps and known.all():
        return None
    return Coding(factor, steps=steps) if known.any() else None


def _steps(values: Floats32, of_fraud: Floats32) -> tuple[float, ...]:
    """The splits that tell fraud from good payments best, one after the other; zero keeps to itself."""
    if not len(values):
        return ()
    edges = _edges(values, of_fraud)
    count = _per_cell(values, edges)
    fraud = _per_cell(of_fraud, edges)
    forced = [cell for cell, edge in enumerate(edges, start=1) if edge in _around_zero(values)]
    bounds = [0, *forced, len(count)]
    waiting = [_best(count, fraud, *span) for span in pairwise(bounds)]
    splits = set(forced)
    while len(splits) < STEPS_MAX:
        gain, cell, start, end = max(waiting)
        if gain < GAIN_LEAST:
            break
        waiting.remove((gain, cell, start, end))
        waiting += [_best(count, fraud, start, cell), _best(count, fraud, cell, end)]
        splits.add(cell)
    return tuple(_as_seen(edges[cell - 1]) for cell in sorted(splits))


def _as_seen(edge: np.float32) -> float:
    """The value that the table keeps as this number: the checkout sees 0.0667, not 0.06670000404."""
    return float(str(edge))


def _edges(values: Floats32, of_fraud: Floats32) -> Floats32:
    candidates = [np.quantile(values, SHARES, method="higher"), _around_zero(values)]
    other = values[values != 0]
    if len(other):
        candidates.append(np.quantile(other, SHARES, method="higher"))
    known = np.unique(of_fraud)
    candidates.append(known[:: -(-len(known) // OF_FRAUD_MAX) or 1])
    edges = np.unique(np.concatenate(candidates).astype(np.float32))
    return edges[edges > values.min()]


def _around_zero(values: Floats32) -> Floats32:
    """Zero and the least above it, where both zero and others occur."""
    positive = values[values > 0]
    if not len(positive) or not (values == 0).any():
        return np.empty(0, np.float32)
    edges = [positive.min()]
    if (values < 0).any():
        edges.append(np.float32(0))
    return np.array(edges, np.float32)


def _per_cell(values: Floats32, edges: Floats32) -> Floats:
    cells = np.searchsorted(edges, values, side="right")
    return np.bincount(cells, minlength=len(edges) + 1).astype(float)


def _best(count: Floats, fraud: Floats, start: int, end: int) -> tuple[float, int, int, int]:
    """The gain and the first cell of the upper part for the best split of cells start to end."""
    left, left_fraud = np.cumsum(count[start:end])[:-1], np.cumsum(fraud[start:end])[:-1]
    right, right_fraud = count[start:end].sum() - left, fraud[start:end].sum() - left_fraud
    allowed = (left >= PAYMENTS_LEAST) & (right >= PAYMENTS_LEAST)
    if not allowed.any():
        return 0.0, start, start, end
    whole = _likelihood(left[-1:] + right[-1:], left_fraud[-1:] + right_fraud[-1:])[0]
    gains = 2 * (_likelihood(left, left_fraud) + _likelihood(right, right_fraud) - whole)
    gains[~allowed] = 0.0
    place = int(gains.argmax())
    return float(gains[place]), start + place + 1, start, end


def _likelihood(count: Floats, fraud: Floats) -> Floats:
    """The log-likelihood of one share of fraud for a cell."""
    good = count - fraud
    with np.errstate(divide="ignore", invalid="ignore"):
        of_fraud = np.where(fraud > 0, fraud * np.log(fraud / count), 0.0)
        of_good = np.where(good > 0, good * np.log(good / count), 0.0)
    return of_fraud + of_good
