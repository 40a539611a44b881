"""How far an amount lies from what is usual, so that one outlier in the past changes little."""

import math
from statistics import median

ENOUGH = 5
LEAST_SPREAD = 0.25
NORMAL_CONSISTENT = 1.4826


def deviations(amount: int, amounts: list[int]) -> float:
    """How many robust deviations of the logarithm `amount` lies above the usual, to a tenth;
    negative below it. All amounts are above zero."""
    logs = [math.log(each) for each in amounts]
    centre = median(logs)
    spread = NORMAL_CONSISTENT * median(abs(each - centre) for each in logs)
    return round((math.log(amount) - centre) / max(spread, LEAST_SPREAD), 1)
