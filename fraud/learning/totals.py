"""The totals of many payments at once, the same as `scoring.total` gives one by one."""

import numpy as np
from numpy.typing import NDArray

from fraud.learning.sample import Column, Table
from fraud.risk_signals.factor import Points
from fraud.scoring import WeightSet

Tenths = NDArray[np.int64]


def totals(table: Table, rows: NDArray[np.intp], weights: WeightSet) -> NDArray[np.float64]:
    """Base and points of the table's factors."""
    tenths = np.full(len(rows), round(weights.base * 10), np.int64)
    for name, column in table.columns.items():
        points = weights.factors.get(name) or table.factors[name].points
        words = table.words.get(name)
        values = column[rows]
        tenths += _of_numbers(points, values) if words is None else _of_words(points, values, words)
    return tenths / 10


def _of_numbers(points: Points, values: Column) -> Tenths:
    by_step = _tenths([0, *(each for _start, each in points.steps)])
    # Both as the table keeps numbers, or 0.02 would not reach a step from 0.02.
    starts = np.array([start for start, _points in points.steps], np.float32)
    found = by_step[np.searchsorted(starts, values, side="right")]
    found[values == 0] = round(points.zero * 10)
    found[np.isnan(values)] = round(points.missing * 10)
    return found


def _of_words(points: Points, values: Column, words: list[str]) -> Tenths:
    by_word = _tenths([*(points.at(word) for word in words), points.missing])
    return by_word[np.where(np.isnan(values), len(words), values).astype(np.intp)]


def _tenths(points: list[float]) -> Tenths:
    return np.array([round(each * 10) for each in points], np.int64)
