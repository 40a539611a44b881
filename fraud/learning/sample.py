"""Many payments' values as one table: a column for each factor, words as numbers."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from fraud.risk_signals.factor import Factor, Value, Values

AT_ONCE = 20_000


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
        names = tuple(self.factors)
        places: dict[str, dict[str, int]] = {name: {} for name in self.words}
        chunks: list[dict[str, NDArray[np.float32]]] = []
        sizes: list[int] = []
        waiting: list[list[Value]] = []
        for values in payments:
            for name, known in places.items():
                word = values.get(name)
                if word is not None:
                    values[name] = known.setdefault(str(word), len(known))
            seen: Callable[[str], Value] = values.get
            waiting.append(list(map(seen, names)))
            if len(waiting) == AT_ONCE:
                chunks.append(_chunk(names, waiting))
                sizes.append(len(waiting))
                waiting = []
        if waiting:
            chunks.append(_chunk(names, waiting))
            sizes.append(len(waiting))
        self.rows = sum(sizes)
        self.words = {name: list(known) for name, known in places.items()}
        for name in names:
            if any(name in chunk for chunk in chunks):
                self.columns[name] = np.concatenate(
                    [
                        chunk[name] if name in chunk else np.full(size, np.nan, np.float32)
                        for chunk, size in zip(chunks, sizes, strict=True)
                    ]
                )
        return self


def _chunk(names: Sequence[str], rows: list[list[Value]]) -> dict[str, NDArray[np.float32]]:
    block = np.array(rows, dtype=np.float32).T
    known = np.asarray(~np.isnan(block).all(axis=1), bool)
    return {
        name: np.ascontiguousarray(block[place]) for place, name in enumerate(names) if known[place]
    }
