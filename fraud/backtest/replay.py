"""The replay: for each payment the values its factors had, with only what was known before it.

The profiles, the ledger and the signals are those of the checkout; only their keeping differs.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from heapq import heappop, heappush

from fraud import risk_signals
from fraud.backtest.events import OUTCOMES, PAID, History
from fraud.geography import look_up
from fraud.history import ledger
from fraud.history.facts import Facts, Geo
from fraud.history.profile import Profile
from fraud.risk_signals.factor import Values

# What a signal cannot do without: at least one of these columns.
NEEDS = {
    "card_testing": ("device", "email", "address"),
    "geography": ("address", "card_country", "billing_country"),
    "email": ("email",),
    "device": ("device",),
    "card": ("card_country",),
    "lists": (),
}


class Book:
    """All profiles, by kind and key; made when first written to."""

    def __init__(self) -> None:
        self.profiles: defaultdict[str, dict[str, Profile]] = defaultdict(dict)

    def of(self, keys: dict[str, str]) -> dict[str, Profile]:
        return {kind: self.profiles[kind].get(key) or Profile(kind) for kind, key in keys.items()}

    def tell(
        self,
        happening: str,
        keys: dict[str, str],
        *,
        now: int,
        amount_minor: int,
        country: str = "",
    ) -> None:
        mine = {}
        for kind in ledger.concerned(happening):
            key = keys.get(kind)
            if key is not None:
                known = self.profiles[kind]
                profile = known.get(key)
                if profile is None:
                    profile = known[key] = Profile(kind)
                mine[kind] = profile
        ledger.tell(mine, happening, now=now, amount_minor=amount_minor, keys=keys, country=country)


@lru_cache(100_000)
def place_of(address: str) -> Geo | None:
    """Where an address is, as far as our data tells; None without one."""
    if not address:
        return None
    found = look_up(address)
    return Geo(found.country, found.network, found.organisation)


def signals_for(history: History) -> tuple[str, ...]:
    """The signals that could see anything: the columns each needs are here."""
    return tuple(
        name
        for name in risk_signals.SIGNALS
        if name not in NEEDS or any(column in history.text for column in NEEDS[name])
    )


def values_of(history: History, book: Book | None = None) -> Iterator[Values]:
    """The values of every payment, in time order. A label is told once its own moment has passed;
    one that came at the very moment of a payment is not yet known to it."""
    book = book or Book()
    names = signals_for(history)
    waiting: list[tuple[float, int, dict[str, str]]] = []
    for row in range(len(history)):
        at = history.at[row]
        while waiting and waiting[0][0] < at:
            label_at, labelled, keys = heappop(waiting)
            happening = ledger.FRAUD if history.label[labelled] else ledger.GENUINE
            book.tell(happening, keys, now=int(label_at), amount_minor=0)
        now, amount = int(at), history.amount_minor[row]
        subject = history.subject(row)
        keys = history.keys(row, subject)
        geo = place_of(history.cell("address", row))
        facts = Facts(now=now, keys=keys, profiles=book.of(keys), geo=geo)
        yield risk_signals.values_of(subject, facts, names)
        country = geo.whereabouts if geo else ""
        book.tell("attempt", keys, now=now, amount_minor=amount, country=country)
        outcome = OUTCOMES.get(history.cell("outcome", row), PAID)
        book.tell(outcome, keys, now=now, amount_minor=amount)
        if history.label[row] is not None:
            heappush(waiting, (history.label_at[row], row, keys))
