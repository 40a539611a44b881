"""What happens to a payment, told to the profiles of all its keys. Pure; the same at checkout, when
profiles are rebuilt, and in a backtest.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from fraud.history.profile import COLUMNS, Profile

# A connection, a person, a card: counted try by try.
COUNTED = frozenset(
    {"email", "customer", "card", "device", "browser", "address", "network", "phone"}
)
# What is bought, and everybody: only what was paid.
PAID = frozenset({"course", "segment", "site"})
# Whose confirmed frauds are remembered: all but everybody.
LEARNED = COUNTED | {"buyer", "course", "segment", "domain", "region"}
FRAUD, GENUINE = "fraud", "genuine"
LABELS = frozenset({FRAUD, GENUINE})
HEARING = {FRAUD: LEARNED, GENUINE: LEARNED, "succeeded": COUNTED | PAID}


def concerned(happening: str) -> frozenset[str]:
    """The kinds of keys whose profiles a happening changes."""
    return HEARING.get(happening, COUNTED)


def tell(
    profiles: Mapping[str, Profile],
    happening: str,
    *,
    now: int,
    amount_minor: int,
    keys: Mapping[str, str],
    country: str = "",
    replaces_at: int = 0,
) -> None:
    """`happening` is attempt, declined, blocked, succeeded, fraud or genuine; `profiles` are those
    of the payment's keys by kind; `replaces_at` is when the opposite label was known of it."""
    kinds = concerned(happening)
    mine = [profile for kind, profile in profiles.items() if kind in kinds]
    if happening == "attempt":
        for profile in mine:
            profile.observe_try(now=now, amount_minor=amount_minor, keys=keys, country=country)
    elif happening in COLUMNS:
        for profile in mine:
            profile.observe_outcome(happening, now=now, amount_minor=amount_minor, keys=keys)
    else:
        for profile in mine:
            profile.learn(fraud=happening == FRAUD, now=now, replaces_at=replaces_at)


Moment = TypeVar("Moment")


def label_in_force(told: Iterable[tuple[str, Moment]]) -> tuple[str, Moment] | None:
    """The last label that was told of a payment, and since when it holds: saying it again changes
    nothing."""
    standing: tuple[str, Moment] | None = None
    for happening, at in told:
        if happening in LABELS and (standing is None or standing[0] != happening):
            standing = happening, at
    return standing
