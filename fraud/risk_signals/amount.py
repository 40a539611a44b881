"""The amount against what is usually paid for this course.

Robust: distance from the median of the logarithms in units of their median deviation, so that one
huge payment in the past hides nothing. Most bookings are of one place, which makes that deviation
zero; it is never taken as less than LEAST_SPREAD (a factor of 1.28), so that two or three places
stay ordinary. Under ENOUGH payments nothing is said.
"""

from statistics import median

from core.money import Money
from fraud.history.facts import Facts
from fraud.history.spread import ENOUGH, deviations
from fraud.risk_signals.factor import Factor, Value, Values
from fraud.subject import Subject

STAGES = ("before", "after")
FACTORS = (
    Factor("amount", "Far above the usual for this course", ((5.0, 10), (7.0, 18), (9.0, 25))),
)


def values(subject: Subject, facts: Facts) -> Values:
    amounts = _amounts(facts)
    if len(amounts) < ENOUGH or subject.amount_minor <= 0:
        return {"amount": None}
    return {"amount": deviations(subject.amount_minor, amounts)}


def evidence(name: str, value: Value, subject: Subject, facts: Facts) -> str:
    amounts = _amounts(facts)
    usual = Money(round(median(amounts)), subject.currency)
    amount = Money(subject.amount_minor, subject.currency)
    return f"{amount} where {usual} is usual for this course, over {len(amounts)} payments"


def _amounts(facts: Facts) -> list[int]:
    profile = facts.profile("course")
    return profile.paid_amounts(facts.own) if profile else []
