"""The amount against what is usually paid for this course.

Robust: distance from the median of the logarithms in units of their median deviation, so that one
huge payment in the past hides nothing. Most bookings are of one place, which makes that deviation
zero; it is never taken as less than LEAST_SPREAD (a factor of 1.28), so that two or three places
stay ordinary. Under ENOUGH payments nothing is said.
"""

import math
from statistics import median

from core import formats
from core.money import Money
from fraud.risk_signals.reading import Reading, Steps, points_at
from fraud.subject import Facts, Subject

STAGES = ("before", "after")
ENOUGH = 5
LEAST_SPREAD = 0.25
NORMAL_CONSISTENT = 1.4826
STEPS: Steps = ((5.0, 10), (7.0, 18), (9.0, 25))


def read(subject: Subject, facts: Facts) -> list[Reading]:
    amounts = [amount for amount in facts.course_amounts if amount > 0]
    if len(amounts) < ENOUGH or subject.amount_minor <= 0:
        seen = formats.counted(len(amounts), "payment")
        evidence = f"{seen} known for this course, too few to say what is usual"
        return [Reading("amount", None, 0, evidence)]
    distance = round(deviations(subject.amount_minor, amounts), 1)
    usual = Money(round(median(amounts)), subject.currency)
    amount = Money(subject.amount_minor, subject.currency)
    evidence = f"{amount} where {usual} is usual for this course, over {len(amounts)} payments"
    return [Reading("amount", distance, points_at(distance, STEPS), evidence)]


def deviations(amount: int, amounts: list[int]) -> float:
    """How many robust deviations `amount` lies above the usual; negative below it."""
    logs = [math.log(each) for each in amounts]
    centre = median(logs)
    spread = NORMAL_CONSISTENT * median(abs(each - centre) for each in logs)
    return (math.log(amount) - centre) / max(spread, LEAST_SPREAD)
