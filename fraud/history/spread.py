"""How far an amount lies from what is usual, so that one outlier in the past changes little."""

import math
from collections.abc import Sequence
from typing import NamedTuple

ENOUGH = 5
LEAST_SPREAD = 0.25
NORMAL_CONSISTENT = 1.4826


class Usual(NamedTuple):
    """The median of the logarithms and their median deviation, made comparable to a normal one."""

    payments: int
    centre: float
    spread: float

    def deviations(self, amount: float) -> float:
        """How many robust deviations `amount` lies above the usual, to a tenth; negative below."""
        return round((math.log(amount) - self.centre) / self.spread, 1)


def usual(amounts: list[int]) -> Usual | None:
    """What is usual; None on too few amounts. All amounts are above zero."""
    return of_logs(sorted(map(math.log, amounts))) if len(amounts) >= ENOUGH else None


def of_logs(logs: Sequence[float]) -> Usual:
    """The same from logarithms in order.

    Most bookings are of one place, which makes the spread zero; it is never taken as less than
    LEAST_SPREAD (a factor of 1.28), so that two or three places stay ordinary.
    """
    size = len(logs)
    half = size // 2
    centre = logs[half] if size % 2 else (logs[half - 1] + logs[half]) / 2
    away = [centre - each for each in logs[:half]] + [each - centre for each in logs[half:]]
    away.sort()
    middle = away[half] if size % 2 else (away[half - 1] + away[half]) / 2
    return Usual(size, centre, max(NORMAL_CONSISTENT * middle, LEAST_SPREAD))
