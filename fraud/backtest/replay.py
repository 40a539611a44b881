"""The replay: for each payment the values its factors had, with only what was known before it.

The profiles, the ledger and the signals are those of the checkout; only their keeping differs.
"""

from collections import defaultdict
from collections.abc import Container, Iterator
from functools import lru_cache
from heapq import heappop, heappush

from fraud import risk_signals
from fraud.backtest.events import OUTCOMES, PAID, History, keys_of
from fraud.geography import look_up
from fraud.history import ledger
from fraud.history.facts import Facts, Geo
from fraud.history.profile import Profile
from fraud.risk_signals.factor import Factor, Values
from fraud.subject import KINDS

# What a signal cannot do without: at least one of these columns.
NEEDS = {
    "card_testing": ("device", "email", "address"),
    "geography": ("address", "card_country", "billing_country"),
    "email": ("email",),
    "device": ("device",),
    "card": ("card_country",),
    "lists": (),
}
NO_KEYS: dict[str, str] = {}


class Book:
    """All profiles, by kind and key; made when first asked for."""

    def __init__(self) -> None:
        self.profiles: defaultdict[str, dict[str, Profile]] = defaultdict(dict)

    def of(self, keys: dict[str, str]) -> dict[str, Profile]:
        found = {}
        for kind, key in keys.items():
            known = self.profiles[kind]
            profile = known.get(key)
            if profile is None:
                profile = known[key] = Profile(kind)
            found[kind] = profile
        return found

    def tell(
        self,
        happening: str,
        keys: dict[str, str],
        *,
        now: int,
        amount_minor: int,
        country: str = "",
    ) -> None:
        ledger.tell(
            self.of(keys), happening, now=now, amount_minor=amount_minor, keys=keys, country=country
        )


@lru_cache(50_000)
def place_of(address: str) -> Geo | None:
    """Where an address is, as far as our data tells; None without one."""
    if not address:
        return None
    found = look_up(address)
    return Geo(found.country, found.network, found.organisation)


def factors_for(history: History) -> dict[str, Factor]:
    """Those that could ever be known from its columns."""
    kinds = history.kinds()
    return {
        name: factor
        for name, factor in risk_signals.FACTORS.items()
        if _has_columns(risk_signals.SIGNAL_NAME_OF[name], history)
        and (not factor.of or factor.of in kinds)
        and (not factor.beside or factor.beside in kinds)
    }


def values_of(
    history: History,
    *,
    kinds: frozenset[str] = frozenset(KINDS),
    factors: dict[str, Factor] | None = None,
    wanted: Container[int] | None = None,
) -> Iterator[Values]:
    """The values of every payment, in time order. A label is told once its own moment has passed;
    one that came at the very moment of a payment is not yet known to it. With `kinds` only their
    profiles are kept, with `factors` only their signals are heard, with `wanted` all payments are
    remembered but only those rows' values told."""
    book = Book()
    heard = factors_for(history) if factors is None else factors
    names = tuple({risk_signals.SIGNAL_NAME_OF[name] for name in heard})
    remembered = kinds.intersection(KINDS)
    waiting: list[tuple[float, int, dict[str, Profile]]] = []
    for row in range(len(history)):
        at = history.at[row]
        while waiting and waiting[0][0] < at:
            label_at, labelled, profiles = heappop(waiting)
            happening = ledger.FRAUD if history.label[labelled] else ledger.GENUINE
            ledger.tell(profiles, happening, now=int(label_at), amount_minor=0, keys=NO_KEYS)
        now, amount = int(at), history.amount_minor[row]
        subject = history.subject(row)
        keys = keys_of(subject)
        profiles = book.of({kind: key for kind, key in keys.items() if kind in remembered})
        geo = place_of(subject.address)
        if wanted is None or row in wanted:
            facts = Facts(now=now, keys=keys, profiles=profiles, geo=geo)
            yield risk_signals.values_of(subject, facts, names)
        country = geo.whereabouts if geo else ""
        ledger.tell(profiles, "attempt", now=now, amount_minor=amount, keys=keys, country=country)
        outcome = OUTCOMES.get(history.cell("outcome", row), PAID)
        ledger.tell(profiles, outcome, now=now, amount_minor=amount, keys=keys)
        if history.label[row] is not None:
            heappush(waiting, (history.label_at[row], row, profiles))


def _has_columns(signal: str, history: History) -> bool:
    return signal not in NEEDS or any(column in history.text for column in NEEDS[signal])
