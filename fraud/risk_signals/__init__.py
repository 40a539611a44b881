"""The signals, one module each: `read(subject, facts)` gives readings and touches nothing else.

A new signal is a module with `STAGES` and `read`, and its name in this list.
"""

from typing import Protocol

from fraud.risk_signals import (
    amount,
    card_checks,
    disposable_email,
    velocity_address,
    velocity_email,
)
from fraud.risk_signals.reading import Reading
from fraud.subject import Facts, Subject


class Signal(Protocol):
    @property
    def STAGES(self) -> tuple[str, ...]: ...

    def read(self, subject: Subject, facts: Facts) -> list[Reading]: ...


SIGNALS: tuple[Signal, ...] = (
    velocity_email,
    velocity_address,
    amount,
    disposable_email,
    card_checks,
)


def read_all(subject: Subject, facts: Facts) -> list[Reading]:
    """Every reading of every signal that speaks at this stage, in the order of the list above."""
    return [
        reading
        for signal in SIGNALS
        if subject.stage in signal.STAGES
        for reading in signal.read(subject, facts)
    ]
