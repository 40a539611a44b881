"""The amount: in itself, against what this customer, card, course and size of booking usually pay,
and the places for somebody who never booked.

Robust (`history.spread`): one huge payment in the past hides nothing, and under five payments nothing
is said.
"""

import math

from core import formats
from core.money import Money
from fraud.history.facts import Facts
from fraud.risk_signals.factor import Factor, Value, Values
from fraud.subject import Subject

STAGES = ("before", "after")
KINDS = ("customer", "email", "card", "course", "segment")
OWN = ("customer", "email", "card")
WHOSE = {
    "customer": "this customer",
    "email": "this email address",
    "card": "this card",
    "course": "this course",
    "segment": "bookings of this size",
}
FAR = ((5.0, 10.0), (7.0, 18.0), (9.0, 25.0))
FAR_FROM_OWN = ((5.0, 6.0), (8.0, 10.0))
FORTNIGHT = 14 * 86_400
FACTORS = (
    Factor("amount_minor", "Amount", adverse="none"),
    Factor("amount_course", "Far above the usual for this course", FAR, of="course"),
    Factor(
        "amount_segment",
        "Far above the usual for bookings of this size",
        ((7.0, 4.0),),
        of="segment",
    ),
    Factor("amount_customer", "Far above this customer's habit", FAR_FROM_OWN, of="customer"),
    Factor("amount_email", "Far above this email address's habit", of="email"),
    Factor("amount_card", "Far above this card's habit", FAR_FROM_OWN, of="card"),
    Factor("odd_customer", "Unusual amounts by this customer lately", of="customer"),
    Factor(
        "odd_email", "Unusual amounts with this email address lately", ((2, 5), (4, 10)), of="email"
    ),
    Factor("odd_card", "Unusual amounts with this card lately", ((2, 5), (4, 10)), of="card"),
    Factor("lately_customer", "This customer spends more than usual lately", of="customer"),
    Factor("lately_email", "More than usual lately with this email address", of="email"),
    Factor("lately_card", "More than usual lately with this card", of="card"),
    Factor("places", "Places", adverse="none"),
    Factor("places_first", "Many places on a first booking", ((8, 5), (12, 12), (20, 18))),
)
UNKNOWN: Values = {factor.name: None for factor in FACTORS}


def values(subject: Subject, facts: Facts) -> Values:
    found = UNKNOWN.copy()
    now, own, amount = facts.now, facts.own, subject.amount_minor
    found["amount_minor"] = amount
    found["places"] = subject.places or None
    if amount <= 0:
        return found
    for kind in KINDS:
        profile = facts.profiles.get(kind)
        usual = profile.usual(own) if profile is not None else None
        if profile is None or usual is None:
            continue
        found[f"amount_{kind}"] = usual.deviations(amount)
        if kind in OWN:
            found[f"odd_{kind}"] = profile.odd_since(now - FORTNIGHT, own)
            week = profile.counts(now, own)[2]
            if week[0] and week[4]:
                found[f"lately_{kind}"] = usual.deviations(week[4] / week[0])
    profile = facts.profiles.get("email")
    if subject.places and profile is not None and not profile.total[3] - own.count("succeeded"):
        found["places_first"] = subject.places
    return found


def evidence(name: str, value: Value, subject: Subject, facts: Facts) -> str:
    if value is None:
        return "Too few payments are known to say what is usual"
    amount = Money(subject.amount_minor, subject.currency)
    what, _, kind = name.partition("_")
    if name == "amount_minor":
        return f"{amount} to pay"
    if what == "places":
        return f"{formats.counted(subject.places, 'place')}" + (
            " on a first booking" if kind else ""
        )
    if what == "odd":
        return f"{int(float(value))} unusual amounts with {WHOSE[kind]} in 14 days"
    usual = facts.profiles[kind].usual(facts.own)
    middle = Money(round(math.exp(usual.centre)) if usual else 0, subject.currency)
    if what == "lately":
        return f"{middle} is usual for {WHOSE[kind]}, and the last week was far above"
    return f"{amount} where {middle} is usual for {WHOSE[kind]}, over {usual.payments if usual else 0} payments"
