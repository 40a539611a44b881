"""The signals, one module each: pure, from a subject and its facts to values by factor.

A new signal is a module as `factor` describes it, and its line in `SIGNALS`; the setting
FRAUD_SIGNALS may leave some out by name.
"""

from typing import Protocol

from fraud.history.facts import Facts
from fraud.risk_signals import (
    amount,
    card,
    card_testing,
    device,
    email,
    feedback,
    geography,
    lists,
    timing,
    velocity,
)
from fraud.risk_signals.factor import Factor, Value, Values
from fraud.subject import Subject


class Signal(Protocol):
    @property
    def STAGES(self) -> tuple[str, ...]: ...

    @property
    def FACTORS(self) -> tuple[Factor, ...]: ...

    def values(self, subject: Subject, facts: Facts) -> Values: ...

    def evidence(self, name: str, value: Value, subject: Subject, facts: Facts) -> str: ...


SIGNALS: dict[str, Signal] = {
    "card_testing": card_testing,
    "velocity": velocity,
    "feedback": feedback,
    "amount": amount,
    "geography": geography,
    "email": email,
    "device": device,
    "timing": timing,
    "card": card,
    "lists": lists,
}
FACTORS: dict[str, Factor] = {
    factor.name: factor for signal in SIGNALS.values() for factor in signal.FACTORS
}
SIGNAL_NAME_OF: dict[str, str] = {
    factor.name: name for name, signal in SIGNALS.items() for factor in signal.FACTORS
}


def values_of(subject: Subject, facts: Facts, names: tuple[str, ...] | None = None) -> Values:
    """What every signal that speaks at this stage saw, by factor; `names` leaves out the rest."""
    found: Values = {}
    for name, signal in SIGNALS.items():
        if subject.stage in signal.STAGES and (names is None or name in names):
            found.update(signal.values(subject, facts))
    return found


def evidence_of(name: str, value: Value, subject: Subject, facts: Facts) -> str:
    return SIGNALS[SIGNAL_NAME_OF[name]].evidence(name, value, subject, facts)
