"""Penalised logistic regression, additive in cells: block by block, Newton's step within each.

Thermometer coding: what is fitted are the increments from step to step, never negative for a factor
whose rising value is adverse, never positive where it is a comfort, L2 on each. So the points are
monotone by construction, and a factor that adds nothing stays at zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SWEEPS_MAX = 40
CLOSE = 1e-4
MOVE_MAX = 1.0
INNER_PASSES = 12
CURVATURE_LEAST = 1e-6
LOG_ODDS_MAX = 30.0

Floats = NDArray[np.float64]
SIGNS = {"more": 1, "less": -1, "none": 0}


@dataclass
class Block:
    """One factor's cells over all payments. `sign` bounds its increments; unordered cells (words)
    have an offset each. Cell 0 (missing) is always free, cell 1 is the reference."""

    cells: NDArray[np.uint8]
    size: int
    sign: int = 0
    is_ordered: bool = True
    offsets: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.offsets = np.zeros(self.size)

    def log_odds(self) -> Floats:
        """What each cell adds."""
        if not self.is_ordered:
            return self.offsets
        added = self.offsets.copy()
        added[1] = 0.0
        added[1:] = np.cumsum(added[1:])
        return added


def fit(
    blocks: Sequence[Block],
    label: NDArray[np.bool_],
    weight: Floats,
    *,
    penalty: float,
    close: float = CLOSE,
    sweeps_max: int = SWEEPS_MAX,
) -> float:
    """Fits the blocks' offsets in place; the intercept. Ends with the sweep that gains less than the
    share `close`: what is left then is worth less than what chance put into the sample."""
    target = label.astype(np.float64)
    share = float((weight * target).sum() / weight.sum())
    intercept = float(np.log(share / (1 - share)))
    reached = np.full(len(target), intercept)
    before = loss(reached, target, weight)
    for _sweep in range(sweeps_max):
        for block in blocks:
            chance = _chance(reached)
            slope = weight * (chance - target)
            bend = weight * chance * (1 - chance)
            slopes = np.bincount(block.cells, slope, block.size).astype(np.float64)
            bends = np.bincount(block.cells, bend, block.size).astype(np.float64)
            reached = reached + _step(block, slopes, bends, penalty)[block.cells]
        chance = _chance(reached)
        step = float(
            (weight * (target - chance)).sum()
            / max((weight * chance * (1 - chance)).sum(), CURVATURE_LEAST)
        )
        intercept += step
        reached += step
        after = loss(reached, target, weight) + penalty / 2 * sum(
            float(block.offsets @ block.offsets) for block in blocks
        )
        if abs(before - after) < close * abs(before):
            break
        before = after
    return intercept


def _step(block: Block, slopes: Floats, bends: Floats, penalty: float) -> Floats:
    """Moves the block towards its best and returns what each cell gained. Far from where it stands
    the parabola says little (a rare fraud's curve is nearly flat), so no cell moves far at once."""
    offsets, before = block.offsets.copy(), block.log_odds().copy()
    _improve(block, slopes, bends, penalty)
    moved = block.log_odds() - before
    longest = float(np.abs(moved).max())
    if longest > MOVE_MAX:
        block.offsets[:] = offsets + (block.offsets - offsets) * (MOVE_MAX / longest)
        moved *= MOVE_MAX / longest
    return moved


def _improve(block: Block, slopes: Floats, bends: Floats, penalty: float) -> None:
    """The best offsets of one block by the local parabola, signs kept: a few passes over them."""
    if not block.is_ordered:
        moved = (bends * block.offsets - slopes) / (bends + penalty)
        block.offsets[:] = moved
        return
    offsets = block.offsets
    offsets[0] = (bends[0] * offsets[0] - slopes[0]) / (bends[0] + penalty)
    # Increment j moves all cells from j on: its slope and bend are sums over the tail.
    gradient = slopes.copy()
    size, sign = block.size, block.sign
    tail_bend = np.cumsum(bends[::-1])[::-1]
    for _ in range(INNER_PASSES):
        largest = 0.0
        for j in range(2, size):
            curve = tail_bend[j] + penalty
            wanted = offsets[j] - (gradient[j:].sum() + penalty * offsets[j]) / curve
            if sign:
                wanted = max(wanted, 0.0) if sign > 0 else min(wanted, 0.0)
            change = wanted - offsets[j]
            if change:
                offsets[j] = wanted
                gradient[j:] += bends[j:] * change
                largest = max(largest, abs(change))
        if largest < 1e-4:
            break


def _chance(log_odds: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-np.clip(log_odds, -LOG_ODDS_MAX, LOG_ODDS_MAX)))


def loss(log_odds: Floats, target: Floats, weight: Floats) -> float:
    """The negative log-likelihood: how surprised one is by what came."""
    return float((weight * (np.logaddexp(0.0, log_odds) - target * log_odds)).sum())
