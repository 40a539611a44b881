"""What is known of one key: bounded in size, changed by what happens, read by plain functions.

The checkout loads it from its row, the backtest keeps it in memory; both run this code. Moments
are whole seconds, keys are opaque strings, `own` is what the present payment already did and is
taken out of every answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fraud.history import spread, windows

FEEDBACK_PRIOR, FEEDBACK_WEIGHT = 0.4, 20
COUNTED_MAX = 25
LINKS_KEPT = COUNTED_MAX + 1
PAID_KEPT = 20
LATEST_KEPT = 10
LINKS: Final[dict[str, tuple[str, ...]]] = {
    "email": ("card", "device", "address"),
    "customer": ("card", "device", "address"),
    "card": ("email", "device", "customer"),
    "device": ("card", "email", "address"),
    "browser": ("device", "card", "email"),
    "address": ("card", "device", "email"),
    "network": ("device", "email"),
    "phone": ("email", "card"),
}
WITH_HABITS = frozenset({"customer", "email", "site"})
WITH_PLACES = frozenset({"customer", "email", "device", "card"})
WITH_AMOUNTS = frozenset({"customer", "email", "card", "course", "segment"})
WITH_ODD = frozenset({"customer", "email", "card"})
PAID_KEPT_OF = {"course": 40, "segment": 20}
ODD_FROM = 3.0
COLUMNS = {
    "attempt": windows.TRIES,
    "declined": windows.DECLINED,
    "blocked": windows.BLOCKED,
    "succeeded": windows.PAID,
}

Link = list[Any]  # [key, last seen, last declined, last paid]; 0 is never


@dataclass(frozen=True, slots=True)
class Own:
    """What the present payment already did on this key, as (kind, second); its amount."""

    happened: tuple[tuple[str, int], ...] = ()
    amount_minor: int = 0

    def count(self, kind: str, *, since_bucket: int = 0) -> int:
        if not self.happened:
            return 0
        return sum(
            each == kind and windows.bucket(at) >= since_bucket for each, at in self.happened
        )


NOT_YET: Final = Own()


class Profile:
    """One key's history. Every list has an end; a newcomer's profile is empty, which is not zero
    risk but no knowledge."""

    __slots__ = (
        "_counted", "_usual", "_usual_known", "amounts", "earlier_at", "first_at", "frauds", "habits", "kind", "known",
        "labels", "last_at", "last_fraud_at", "latest", "links", "odd", "places", "rows", "total",
    )  # fmt: skip

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.first_at = self.last_at = self.earlier_at = 0
        self.total = [0, 0, 0, 0, 0]
        self.rows: list[int] = []
        self.links: list[list[Link]] | None = None
        self.amounts: list[int] | None = None
        self._counted: tuple[int, tuple[windows.Counts, ...]] | None = None
        self._usual: spread.Usual | None = None
        self._usual_known = False
        self.habits: dict[str, int] | None = None
        self.places: list[tuple[int, str]] | None = None
        self.odd: list[int] | None = None
        self.known = self.frauds = self.last_fraud_at = 0
        self.labels: list[int] | None = None
        self.latest = ""

    # what happens

    def observe_try(
        self,
        *,
        now: int,
        amount_minor: int,
        keys: Mapping[str, str],
        country: str = "",
    ) -> None:
        """Counts one try to pay, and whom this key was seen with."""
        self.first_at = self.first_at or now
        if now >= self.last_at:
            self.earlier_at, self.last_at = self.last_at, now
        self._count(windows.TRIES, now, amount_minor)
        self._meet(keys, now, 1)
        if country and self.kind in WITH_PLACES:
            self.places = [*(self.places or [])[-1:], (now, country)]
        if self.kind in WITH_ODD and self._is_odd(amount_minor):
            self.odd = [*(self.odd or [])[1 - LATEST_KEPT :], now]

    def observe_outcome(
        self, kind: str, *, now: int, amount_minor: int, keys: Mapping[str, str]
    ) -> None:
        """What became of a try: declined, blocked or succeeded."""
        self._count(COLUMNS[kind], now)
        if kind == "declined":
            self._meet(keys, now, 2)
        elif kind == "succeeded":
            self._meet(keys, now, 3)
            self._paid(now, amount_minor)

    def learn(self, *, fraud: bool, now: int) -> None:
        """A payment's label, at the moment it became known."""
        day = now // 86_400
        labels = self.labels
        if labels is None:
            labels = self.labels = []
        if not labels or labels[-3] != day:
            labels += (day, 0, 0)
            while labels[0] < day - windows.DAYS_KEPT:
                del labels[:3]
        labels[-2] += 1
        self.known += 1
        if fraud:
            labels[-1] += 1
            self.frauds += 1
            self.last_fraud_at = max(self.last_fraud_at, now)
        self.latest = (self.latest + ("1" if fraud else "0"))[-LATEST_KEPT:]

    # questions

    def is_new(self, own: Own = NOT_YET) -> bool:
        return self.total[0] <= own.count("attempt")

    def age(self, now: int, own: Own = NOT_YET) -> int | None:
        """Seconds since the key was first seen; None for a newcomer."""
        return None if self.is_new(own) else max(now - self.first_at, 0)

    def since_last(self, now: int, own: Own = NOT_YET) -> int | None:
        """Seconds since the try before this one."""
        if self.is_new(own):
            return None
        mine = any(kind == "attempt" and at == self.last_at for kind, at in own.happened)
        return max(now - (self.earlier_at if mine else self.last_at), 0)

    def counts(self, now: int, own: Own = NOT_YET) -> tuple[windows.Counts, ...]:
        """Tries, declined, blocked, paid and amount of 1 h, 24 h, 7 d, 30 d and all time."""
        if self._counted is None or self._counted[0] != now:
            self._counted = (now, (*windows.totals(self.rows, now), self._all_time()))
        found = self._counted[1]
        return _without(found, own, now) if own.happened else found

    def others(self, kind: str, present: str, since: int, seen_as: int = 1) -> int:
        """How many other keys of that kind were met since then, at most 25. `seen_as` is 1 for
        seen, 2 for declined, 3 for paid."""
        return min(
            sum(link[seen_as] >= since and link[0] != present for link in self.met(kind)),
            COUNTED_MAX,
        )

    def met(self, kind: str) -> list[Link]:
        """The latest keys of that kind that this key was seen with."""
        if self.links is None:
            return []
        return self.links[LINKS[self.kind].index(kind)]

    def paid_amounts(self, own: Own = NOT_YET) -> list[int]:
        """The latest amounts paid, oldest first."""
        amounts = self.amounts or []
        if own.count("succeeded") and own.amount_minor in amounts:
            last = len(amounts) - 1 - amounts[::-1].index(own.amount_minor)
            return amounts[:last] + amounts[last + 1 :]
        return amounts

    def usual(self, own: Own = NOT_YET) -> spread.Usual | None:
        """What this key usually pays; None on too few payments."""
        if own.count("succeeded"):
            return spread.usual(self.paid_amounts(own))
        if not self._usual_known:
            self._usual = spread.usual(self.amounts or [])
            self._usual_known = True
        return self._usual

    def odd_since(self, since: int, own: Own = NOT_YET) -> int:
        """How many of the latest tries were far above the key's habit."""
        mine = {at for kind, at in own.happened if kind == "attempt"}
        return sum(at >= since and at not in mine for at in self.odd or ())

    def place_before(self, own: Own = NOT_YET) -> tuple[int, str] | None:
        """When and in which country the key last acted, before this payment."""
        mine = {at for kind, at in own.happened if kind == "attempt"}
        for at, country in reversed(self.places or []):
            if at not in mine:
                return at, country
        return None

    def labels_since(self, now: int, days: int) -> tuple[int, int, int]:
        """Payments and frauds among them whose label became known in so many days, and the days
        since the first of these frauds was."""
        labels, known, frauds, first_day = self.labels or [], 0, 0, 0
        today = now // 86_400
        first = today - days
        row = len(labels) - 3
        while row >= 0 and labels[row] >= first:
            known += labels[row + 1]
            if labels[row + 2]:
                frauds += labels[row + 2]
                first_day = labels[row]
            row -= 3
        return known, frauds, today - first_day

    def habit(self, name: str) -> int:
        """How many payments were made in an hour ("h9") or on a weekday ("d0" is Monday)."""
        return (self.habits or {}).get(name, 0)

    def habits_known(self) -> int:
        """How many payments the habits are made of; each counts in its hour and its weekday."""
        return self.total[windows.PAID - 1] if self.habits else 0

    # to and from its row

    def to_json(self) -> dict[str, Any]:
        """Only what is not empty; `from_json` gives an equal profile."""
        values = {name: getattr(self, name) for name in self.__slots__ if name[0] != "_"}
        return {name: value for name, value in values.items() if value or name == "total"}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Profile":
        profile = cls(values["kind"])
        for name, value in values.items():
            setattr(profile, name, value)
        if profile.places is not None:
            profile.places = [(at, country) for at, country in profile.places]
        return profile

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Profile) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def _count(self, column: int, now: int, amount_minor: int = 0) -> None:
        self._counted = None
        windows.add(self.rows, now, column, 1, amount_minor)
        self.total[column - 1] += 1
        self.total[windows.AMOUNT - 1] += amount_minor

    def _meet(self, keys: Mapping[str, str], now: int, seen_as: int) -> None:
        kinds = LINKS.get(self.kind)
        if kinds is None:
            return
        for place, kind in enumerate(kinds):
            key = keys.get(kind)
            if key:
                if self.links is None:
                    self.links = [[] for _ in kinds]
                _meet(self.links[place], key, now, seen_as)

    def _paid(self, now: int, amount_minor: int) -> None:
        if self.kind in WITH_AMOUNTS and amount_minor > 0:
            kept = PAID_KEPT_OF.get(self.kind, PAID_KEPT)
            self._usual_known = False
            if self.amounts is None:
                self.amounts = []
            self.amounts.append(amount_minor)
            if len(self.amounts) > kept:
                del self.amounts[0]
        if self.kind in WITH_HABITS:
            if self.habits is None:
                self.habits = {}
            for name in habit_names(now):
                self.habits[name] = self.habits.get(name, 0) + 1

    def _is_odd(self, amount_minor: int) -> bool:
        usual = self.usual()
        return usual is not None and amount_minor > 0 and usual.deviations(amount_minor) >= ODD_FROM

    def _all_time(self) -> windows.Counts:
        tries, declined, blocked, paid, amount = self.total
        return tries, declined, blocked, paid, amount


def smoothed(frauds: int, known: int) -> float:
    """The share of fraud, drawn towards 2 % where little is known."""
    return (frauds + FEEDBACK_PRIOR) / (known + FEEDBACK_WEIGHT)


def habit_names(now: int) -> tuple[str, str]:
    """The hour and the weekday (Monday is d0) of a moment, UTC; 1 January 1970 was a Thursday."""
    return f"h{now // 3600 % 24}", f"d{(now // 86_400 + 3) % 7}"


def _meet(links: list[Link], key: str, now: int, seen_as: int) -> None:
    for link in links:
        if link[0] == key:
            link[1] = max(link[1], now)
            link[seen_as] = max(link[seen_as], now)
            return
    link = [key, now, 0, 0]
    link[seen_as] = now
    links.append(link)
    if len(links) > LINKS_KEPT:
        links.remove(min(links, key=_last_seen))


def _last_seen(link: Link) -> int:
    return link[1]


def _without(found: tuple[windows.Counts, ...], own: Own, now: int) -> tuple[windows.Counts, ...]:
    kept = []
    for counts, since in zip(found, (*windows.starts(now), 0), strict=True):
        mine = [own.count(kind, since_bucket=since) for kind in COLUMNS]
        mine.append(mine[0] * own.amount_minor)
        tries, declined, blocked, paid, amount = (
            max(count - own_count, 0) for count, own_count in zip(counts, mine, strict=True)
        )
        kept.append((tries, declined, blocked, paid, amount))
    return tuple(kept)
