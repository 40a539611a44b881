"""The fitter against oracles that share nothing with it: the conditions that hold at an optimum only,
finite differences of the loss, and another way to the same place."""

import numpy as np
import pytest

from fraud.learning import fitter

ROWS = 900
STEPS = 4000
# Left to run until a sweep gains nothing that a float can tell.
TO_THE_END = {"close": 1e-13, "sweeps_max": 3000}
SLOPE_MAX = 0.01


class Design:
    """The same problem as one plain matrix: a column for each number that is fitted, by definition."""

    def __init__(self, blocks, target, weight, penalty):
        columns, signs, self.places = [np.ones(len(target))], [0], []
        for block in blocks:
            for cell in range(block.size):
                if block.is_ordered and cell == 1:
                    continue
                rises = block.is_ordered and cell > 1
                columns.append((block.cells >= cell) if rises else (block.cells == cell))
                signs.append(block.sign if rises else 0)
                self.places.append((block, cell))
        self.matrix = np.column_stack(columns).astype(float)
        self.signs = np.array(signs)
        self.target, self.weight = target.astype(float), weight
        self.penalty = np.where(np.arange(len(self.signs)) == 0, 0.0, penalty)

    def fitted(self, intercept):
        return np.array([intercept, *(block.offsets[cell] for block, cell in self.places)], float)

    def objective(self, numbers):
        reached = self.matrix @ numbers
        surprise = np.log1p(np.exp(-np.abs(reached))) + np.maximum(reached, 0)
        loss = (self.weight * (surprise - self.target * reached)).sum()
        return loss + (self.penalty * numbers**2).sum() / 2

    def slopes(self, numbers):
        chance = 1 / (1 + np.exp(-self.matrix @ numbers))
        return self.matrix.T @ (self.weight * (chance - self.target)) + self.penalty * numbers

    def allowed(self, numbers):
        numbers = np.where(self.signs > 0, np.maximum(numbers, 0), numbers)
        return np.where(self.signs < 0, np.minimum(numbers, 0), numbers)

    def violations(self, numbers):
        """How far each number is from what holds at the optimum: no slope, or a slope that only
        pushes against its bound (Karush, Kuhn and Tucker)."""
        slopes = self.slopes(numbers)
        bound = (self.signs != 0) & (numbers == 0)
        return np.abs(np.where(bound & (slopes * self.signs >= 0), 0.0, slopes))

    def solved(self):
        """Accelerated projected gradient: slow, simple, another way."""
        curve = (self.matrix * (self.weight / 4)[:, None]).T @ self.matrix
        step = 1 / (np.linalg.norm(curve, 2) + self.penalty.max())
        here = ahead = np.zeros(len(self.signs))
        for turn in range(STEPS):
            there = self.allowed(ahead - step * self.slopes(ahead))
            ahead = there + turn / (turn + 3) * (there - here)
            here = there
        return here


def problem(signs=(1, -1, 0), *, seed=5, against=()):
    """Three factors, one of words; those in `against` behave contrary to their sign."""
    draw = np.random.default_rng(seed)
    blocks, log_odds = [], np.full(ROWS, -1.5)
    for place, sign in enumerate(signs):
        cells = draw.integers(0, 5, ROWS).astype(np.uint8)
        words = place == len(signs) - 1
        towards = -(sign or 1) if place in against else sign
        log_odds += 0.5 * (towards or 1) * (cells - 2.0) * (cells > 0)
        blocks.append(fitter.Block(cells, 5, sign, not words))
    label = draw.random(ROWS) < 1 / (1 + np.exp(-log_odds))
    return blocks, label, draw.choice([1.0, 3.0], ROWS)


CASES = [
    pytest.param({"signs": (0, 0, 0)}, id="free"),
    pytest.param({"signs": (1, -1, 0)}, id="signs that agree"),
    pytest.param({"signs": (1, -1, 0), "against": (0, 1)}, id="signs that bind"),
    pytest.param({"signs": (1, 1, 0), "against": (1,), "seed": 11}, id="one that binds"),
]


@pytest.mark.parametrize("penalty", [0.3, 10.0])
@pytest.mark.parametrize("case", CASES)
class TestFit:
    def test_ends_where_no_number_wants_to_move(self, case, penalty):
        blocks, label, weight = problem(**case)
        design = Design(blocks, label, weight, penalty)
        found = design.fitted(fitter.fit(blocks, label, weight, penalty=penalty, **TO_THE_END))

        assert design.violations(found).max() < SLOPE_MAX
        assert (found == design.allowed(found)).all()

    def test_finds_what_another_way_finds(self, case, penalty):
        blocks, label, weight = problem(**case)
        design = Design(blocks, label, weight, penalty)
        other = design.solved()

        found = design.fitted(fitter.fit(blocks, label, weight, penalty=penalty, **TO_THE_END))

        assert np.abs(found - other).max() < 0.003
        assert design.objective(found) - design.objective(other) < 1e-4

    def test_stops_near_enough_to_it(self, case, penalty):
        blocks, label, weight = problem(**case)
        design = Design(blocks, label, weight, penalty)
        least = design.objective(design.solved())

        found = design.fitted(fitter.fit(blocks, label, weight, penalty=penalty))

        assert design.objective(found) < least * 1.003


class TestOracle:
    """The oracle itself can fail, and its slopes are those of its loss."""

    @pytest.mark.parametrize("place", [0, 1, 2, 5, 10])
    def test_sees_a_number_that_was_moved(self, place):
        blocks, label, weight = problem()
        design = Design(blocks, label, weight, 1.0)
        moved = design.solved()
        moved[place] += 0.05 * (design.signs[place] or 1)

        assert design.violations(moved).max() > 100 * SLOPE_MAX

    def test_sees_a_bound_that_should_not_hold(self):
        blocks, label, weight = problem()
        design = Design(blocks, label, weight, 1.0)
        held = np.where(design.signs == 1, 0.0, design.solved())

        assert design.violations(held).max() > 100 * SLOPE_MAX

    def test_has_the_slopes_of_finite_differences(self):
        blocks, label, weight = problem()
        design = Design(blocks, label, weight, 2.0)
        numbers = np.random.default_rng(3).normal(0, 0.5, len(design.signs))
        near = np.eye(len(numbers)) * 1e-5

        measured = [
            (design.objective(numbers + each) - design.objective(numbers - each)) / 2e-5
            for each in near
        ]

        assert np.allclose(measured, design.slopes(numbers), rtol=1e-5, atol=1e-4)

    def test_has_the_loss_of_the_fitter(self):
        blocks, label, weight = problem()
        design = Design(blocks, label, weight, 0.0)
        numbers = np.random.default_rng(4).normal(0, 0.5, len(design.signs))

        reached = design.matrix @ numbers

        assert np.isclose(
            design.objective(numbers), fitter.loss(reached, label.astype(float), weight)
        )
