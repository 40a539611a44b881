"""When the whole site, not one key, looks as if cards were being tried out. Pure.

A tester who changes device and connection with every try never meets the lock, but leaves many declined
cards in a short time, and far more declines for each payment than this shop is used to.
"""

from dataclasses import dataclass

# What a shop is taken to be used to before it has a history: 15 declines for 100 payments, worth as much as 50.
PRIOR_DECLINES, PRIOR_PAYMENTS = 7.5, 50


@dataclass(frozen=True, slots=True)
class Seen:
    """One stretch of time over the whole site; `cards` are the different cards that were declined."""

    declines: int
    cards: int
    payments: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Sounds from so many declined cards, when declines for each payment are so many times the usual."""

    cards: int
    times: float


def usual(declines: int, payments: int) -> float:
    """Declines for each payment, drawn towards an ordinary shop's while little is known."""
    return round((declines + PRIOR_DECLINES) / (payments + PRIOR_PAYMENTS), 4)


def sounds(seen: Seen, usually: float, limits: Limits) -> bool:
    """More payments never make it sound, more declines never silence it. With `limits.cards` 0 never."""
    if not limits.cards or seen.cards < limits.cards:
        return False
    return seen.declines >= limits.times * usually * (seen.payments + 1)
