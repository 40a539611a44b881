"""Many payments' values as one table: a column for each factor, words as numbers."""

from collections.abc import Iterable, Sequence
from itertools import islice
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from fraud.risk_signals.factor import Factor, Value, Values

AT_ONCE = 100

Column = NDArray[np.float32]


class Table:
    """`columns` by factor, float32 with NaN for what is not known; a factor of words has the place
    of its word in `words`. Columns that are never known are left out."""

    def __init__(self, factors: dict[str, Factor]) -> None:
        self.factors = factors
        self.words: dict[str, list[str]] = {
            name: [] for name, factor in factors.items() if factor.is_word
        }
        self.columns: dict[str, NDArray[np.float32]] = {}
        self.rows = 0

    def fill(self, payments: Iterable[Values]) -> "Table":
        """Takes each payment's values, which name every factor."""
        pick = itemgetter(*self.factors)
        words: dict[str, dict[str, int]] = {name: {} for name in self.words}
        chunks: list[dict[str, Column]] = []
        sizes: list[int] = []
        coming = iter(payments)
        while waiting := [pick(values) for values in islice(coming, AT_ONCE)]:
            chunks.append(_chunk(tuple(self.factors), waiting, words))
            sizes.append(len(waiting))
        self.rows = sum(sizes)
        self.words = {name: list(known) for name, known in words.items()}
        for name in self.factors:
            if any(name in chunk for chunk in chunks):
                parts = [chunk.pop(name, None) for chunk in chunks]
                self.columns[name] = np.concatenate(
                    [
                        np.full(size, np.nan, np.float32) if part is None else part
                        for part, size in zip(parts, sizes, strict=True)
                    ]
                )
        return self

    def beside(
        self,
        factors: dict[str, Factor],
        columns: dict[str, Column],
        words: dict[str, list[str]],
    ) -> "Table":
        """This table with the columns of another over the same payments, in the order of `factors`."""
        whole = Table(factors)
        whole.rows = self.rows
        whole.words |= self.words | words
        both = self.columns | columns
        whole.columns = {name: both[name] for name in factors if name in both}
        return whole


def _chunk(
    names: Sequence[str], rows: list[tuple[Value, ...]], words: dict[str, dict[str, int]]
) -> dict[str, Column]:
    """The columns of some payments; one that is never known is left out."""
    columns: dict[str, Column] = {}
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        if values.count(None) == len(values):
            continue
        known = words.get(name)
        if known is not None:
            columns[name] = np.array(
                [
                    None if word is None else known.setdefault(str(word), len(known))
                    for word in values
                ],
                np.float32,
            )
        else:
            columns[name] = np.array(values, np.float32)
    return columns
