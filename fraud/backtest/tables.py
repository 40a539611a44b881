"""A replayed history as one table of factors' values; a long one by two processes side by side.

No profile of one kind of key depends on another kind's. So one process keeps half of the kinds, the
other the rest, both over all payments, and each fills the columns that rest on its own kinds: the
table is the one that a single process makes.
"""

import gc
import os
from multiprocessing import get_context
from multiprocessing.connection import Connection

import numpy as np
from numpy.typing import NDArray

from fraud.backtest import replay
from fraud.backtest.events import History
from fraud.learning.sample import Table
from fraud.risk_signals.factor import Factor

Rows = NDArray[np.intp]
LONG = 20_000
# No factor of these rests on a key of another kind; the rest are read together by some.
APART = frozenset({"card", "buyer", "network", "domain", "region", "course", "segment"})


def replayed(history: History, rows: Rows | None = None, *, processes: int | None = None) -> Table:
    """The values of these payments (all without `rows`), each with what was known before it."""
    wanted = None if rows is None else set(rows.tolist())
    factors = replay.factors_for(history)
    if processes is None:
        processes = len(os.sched_getaffinity(0)) if len(history) >= LONG else 1
    if processes < 2:
        return _filled(history, factors, history.kinds(), wanted)
    return _side_by_side(history, factors, wanted)


def _side_by_side(history: History, factors: dict[str, Factor], wanted: set[int] | None) -> Table:
    """The second process is a copy of this one: nothing is read or sent twice but its columns."""
    apart = {name: factor for name, factor in factors.items() if factor.of in APART}
    rest = {name: factor for name, factor in factors.items() if name not in apart}
    context = get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    beside = context.Process(target=_send, args=(sending, history, apart, wanted))
    beside.start()
    sending.close()
    try:
        table = _filled(history, rest, history.kinds() - APART, wanted)
        columns, words = receiving.recv()
    finally:
        beside.terminate()
        beside.join()
    return table.beside(factors, columns, words)


def _send(
    sending: Connection, history: History, factors: dict[str, Factor], wanted: set[int] | None
) -> None:
    table = _filled(history, factors, history.kinds() & APART, wanted)
    sending.send((table.columns, table.words))


def _filled(
    history: History,
    factors: dict[str, Factor],
    kinds: frozenset[str],
    wanted: set[int] | None,
) -> Table:
    """Millions of small objects come and none goes: looking for garbage would only cost time."""
    gc.disable()
    try:
        return Table(factors).fill(
            replay.values_of(history, kinds=kinds, factors=factors, wanted=wanted)
        )
    finally:
        gc.enable()
