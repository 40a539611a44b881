"""What happens to a payment, told to the profiles of all its keys. Pure; the same at checkout, when
profiles are rebuilt, and in a backtest.
"""

from collections.abc import Mapping

from fraud.history.profile import COLUMNS, Profile

# A connection, a person, a card: counted try by try.
COUNTED = frozenset(
    {"email", "customer", "card", "device", "browser", "address", "network", "phone"}
)
# What is bought, and everybody: only what was paid.
PAID = frozenset({"course", "segment", "site"})
# Whose confirmed frauds are remembered: all but everybody.
LEARNED = frozenset(COUNTED | {"buyer", "course", "segment", "domain", "region"})
FRAUD, GENUINE = "fraud", "genuine"


def concerned(happening: str) -> frozenset[str]:
    """The kinds of keys whose profiles a happening changes."""
    if happening in (FRAUD, GENUINE):
        return LEARNED
    if happening == "succeeded":
        return COUNTED | PAID
    return COUNTED


def tell(
    profiles: Mapping[str, Profile],
    happening: str,
    *,
    now: int,
    amount_minor: int,
    keys: Mapping[str, str],
    country: str = "",
) -> None:
    """`happening` is attempt, declined, blocked, succeeded, fraud or genuine; `profiles` are those
    of the payment's keys by kind."""
    for kind in concerned(happening):
        profile = profiles.get(kind)
        if profile is None:
            continue
        if happening == "attempt":
            profile.observe_try(now=now, amount_minor=amount_minor, keys=keys, country=country)
        elif happening in COLUMNS:
            profile.observe_outcome(happening, now=now, amount_minor=amount_minor, keys=keys)
        else:
            profile.learn(fraud=happening == FRAUD, now=now)
