"""How far an amount lies from what is usual, so that one outlier in the past changes little."""

import math
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
    """What is usual; None on too few amounts. All amounts are above zero.

    Most bookings are of one place, which makes the spread zero; it is never taken as less than
    LEAST_SPREAD (a factor of 1.28), so that two or three places stay ordinary.
    """
    if len(amounts) < ENOUGH:
        return None
    logs = sorted(map(math.log, amounts))
    centre = _middle(logs)
    spread = NORMAL_CONSISTENT * _middle(sorted([abs(each - centre) for each in logs]))
    return Usual(len(amounts), centre, max(spread, LEAST_SPREAD))


def _middle(ordered: list[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
