"""What is known of one key: bounded in size, changed by what happens, read by plain functions.

The checkout loads it from its row, the backtest keeps it in memory; both run this code. Moments
are whole seconds, keys are opaque strings, `own` is what the present payment already did and is
taken out of every answer.
"""

from array import array
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Final

from fraud.history import labels, links, spread, windows
from fraud.history.links import Link

FEEDBACK_PRIOR, FEEDBACK_WEIGHT = 0.4, 20
PAID_KEPT = 20
LATEST_KEPT = 10
LINKS: Final[dict[str, tuple[str, ...]]] = {
    "email": ("card", "device", "address", "booking"),
    "customer": ("card", "device", "address", "booking"),
    "card": ("email", "device", "customer", "booking"),
    "device": ("card", "email", "address", "booking"),
    "browser": ("device", "card", "email"),
    "address": ("card", "device", "email", "booking"),
    "network": ("device", "email", "booking"),
    "phone": ("email", "card"),
}
WITH_HABITS = frozenset({"customer", "email", "site"})
WITH_PLACES = frozenset({"customer", "email", "device", "card"})
WITH_AMOUNTS = frozenset({"customer", "email", "card", "course", "segment"})
WITH_ODD = frozenset({"customer", "email", "card"})
# What is bought, and everybody: nobody asks when.
WITHOUT_WINDOWS = frozenset({"course", "segment", "site"})
PAID_KEPT_OF = {"course": 40, "segment": 20}
ODD_FROM = 3.0
MADE_OF_ROWS = frozenset({"rows", "links", "labels"})
COLUMNS = {
    "attempt": windows.TRIES,
    "declined": windows.DECLINED,
    "blocked": windows.BLOCKED,
    "succeeded": windows.PAID,
}

NO_NUMBERS: Final = array("q")
SEEN_AS = {"declined": links.DECLINED, "succeeded": links.PAID}


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
        "_before", "_buckets", "_counted", "_days", "_links", "_logs", "_usual", "amounts", "earlier_at", "first_at",
        "frauds", "habits", "kind", "known", "last_at", "last_fraud_at", "latest", "odd", "places", "total",
    )  # fmt: skip

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.first_at = self.last_at = self.earlier_at = 0
        self.total = [0, 0, 0, 0, 0]
        self._buckets: windows.Numbers | None = None
        self._before = NO_NUMBERS
        self._links: list[list[Any] | None] | None = None
        self.amounts: list[int] | None = None
        self.habits: dict[str, int] | None = None
        self.places: list[tuple[int, str]] | None = None
        self.odd: list[int] | None = None
        self.known = self.frauds = self.last_fraud_at = 0
        self._days: labels.Numbers | None = None
        self.latest = ""
        # What was worked out and still holds.
        self._counted: tuple[int, list[windows.Counts]] | None = None
        self._logs: array[float] | None = None
        self._usual: spread.Usual | None = None

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
        self.count(windows.TRIES, now=now, amount_minor=amount_minor)
        self._meet(keys, now, links.SEEN)
        if country and self.kind in WITH_PLACES:
            self.places = [*(self.places or ())[-1:], (now, country)]
        if self.kind in WITH_ODD and self._is_odd(amount_minor):
            self.odd = [*(self.odd or ())[1 - LATEST_KEPT :], now]

    def observe_outcome(
        self, kind: str, *, now: int, amount_minor: int, keys: Mapping[str, str]
    ) -> None:
        """What became of a try: declined, blocked or succeeded."""
        self.count(COLUMNS[kind], now=now)
        seen_as = SEEN_AS.get(kind)
        if seen_as is not None:
            self._meet(keys, now, seen_as)
        if kind == "succeeded":
            self._paid(now, amount_minor)

    def count(self, column: int, *, now: int, times: int = 1, amount_minor: int = 0) -> None:
        """Adds to one of the windows' columns."""
        buckets, total, five = self._buckets, self.total, now // windows.FIVE_MINUTES
        self._counted = None
        if buckets is None:
            if self.kind not in WITHOUT_WINDOWS:
                self._buckets, self._before = windows.first(five, total)
        elif buckets[-1] < five:
            windows.begin(buckets, self._before, total, five)
        elif buckets[-1] > five:
            more = windows.counted(column, times, amount_minor)
            windows.add_late(buckets, self._before, five, more)
        total[column - 1] += times
        total[windows.AMOUNT - 1] += amount_minor

    def learn(self, *, fraud: bool, now: int, replaces_at: int = 0) -> None:
        """A payment's label, at the moment it became known. `replaces_at` is when the opposite was
        known of the same payment: each counts once, with what was said last."""
        if replaces_at and self.known:
            self._forget(fraud=not fraud, at=replaces_at)
        day, days = now // 86_400, self._days
        if days is None:
            self._days = labels.first(day, self.known, self.frauds)
        elif days[-labels.WIDTH] < day:
            labels.begin(days, day, self.known, self.frauds)
        elif days[-labels.WIDTH] > day:
            labels.add_late(days, day, fraud)
        self.known += 1
        if fraud:
            self.frauds += 1
            self.last_fraud_at = max(self.last_fraud_at, now)
        self.latest = (self.latest + ("1" if fraud else "0"))[-LATEST_KEPT:]

    # questions

    @property
    def is_blank(self) -> bool:
        """Whether nothing was ever counted with the key."""
        return not self._buckets

    def is_new(self, own: Own = NOT_YET) -> bool:
        return self.total[0] <= (own.count("attempt") if own.happened else 0)

    def age(self, now: int, own: Own = NOT_YET) -> int | None:
        """Seconds since the key was first seen; None for a newcomer."""
        return None if self.is_new(own) else max(now - self.first_at, 0)

    def since_last(self, now: int, own: Own = NOT_YET) -> int | None:
        """Seconds since the try before this one."""
        if self.is_new(own):
            return None
        last_at = self.last_at
        if own.happened and ("attempt", last_at) in own.happened:
            last_at = self.earlier_at
        return max(now - last_at, 0)

    def counts(self, now: int, own: Own = NOT_YET) -> Sequence[windows.Counts]:
        """Tries, declined, blocked, paid and amount of 1 h, 24 h, 7 d, 30 d and all time."""
        known = self._counted
        if known is None or known[0] != now:
            found = windows.totals(self._buckets or NO_NUMBERS, self._before, self.total, now)
            known = self._counted = now, found
        return _without(known[1], own, now) if own.happened else known[1]

    def others(self, kind: str, present: str, since: int, seen_as: int = links.SEEN) -> int:
        """How many other keys of that kind were met since then, at most 25. `seen_as` is 1 for
        seen, 2 for declined, 3 for paid."""
        if seen_as == links.SEEN:
            return self.others_since(kind, present, (since,))[0]
        met = self._met(kind)
        return links.others(met, present, since, seen_as) if met else 0

    def others_since(self, kind: str, present: str, moments: Sequence[int]) -> list[int]:
        """The same for several moments at once."""
        met = self._met(kind)
        return links.others_since(met, present, moments) if met else [0] * len(moments)

    def met(self, kind: str) -> list[Link]:
        """The latest keys of that kind that this key was seen with."""
        return links.chunks(self._met(kind) or [])

    def _met(self, kind: str) -> list[Any] | None:
        return None if self._links is None else self._links[LINKS[self.kind].index(kind)]

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
        if self._usual is None and self.amounts and len(self.amounts) >= spread.ENOUGH:
            if self._logs is None:
                self._logs = array("d", sorted(map(log, self.amounts)))
            self._usual = spread.of_logs(self._logs)
        return self._usual

    def odd_since(self, since: int, own: Own = NOT_YET) -> int:
        """How many of the latest tries were far above the key's habit."""
        if not self.odd:
            return 0
        mine = {at for kind, at in own.happened if kind == "attempt"}
        return sum(at >= since and at not in mine for at in self.odd)

    def place_before(self, own: Own = NOT_YET) -> tuple[int, str] | None:
        """When and in which country the key last acted, before this payment."""
        mine = [at for kind, at in own.happened if kind == "attempt"]
        for at, country in reversed(self.places or ()):
            if at not in mine:
                return at, country
        return None

    def labels_since(self, now: int, days: int) -> tuple[int, int, int]:
        """Payments and frauds among them whose label became known in so many days, and the days
        since the first of these frauds was."""
        if not self._days:
            return 0, 0, 0
        return labels.since(self._days, self.known, self.frauds, now // 86_400, days)

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
        if self._buckets is not None:
            windows.shorten(self._buckets, self._before)
            values["rows"] = windows.to_rows(self._buckets, self._before, self.total)
        if self._links:
            values["links"] = [links.chunks(each or []) for each in self._links]
        if self._days:
            values["labels"] = labels.to_rows(self._days, self.known, self.frauds)
        return {name: value for name, value in values.items() if value or name == "total"}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Profile":
        profile = cls(values["kind"])
        for name, value in values.items():
            if name not in MADE_OF_ROWS:
                setattr(profile, name, value)
        if profile.places is not None:
            profile.places = [(at, country) for at, country in profile.places]
        if (rows := values.get("rows")) and profile.kind not in WITHOUT_WINDOWS:
            profile._buckets, profile._before = windows.from_rows(rows, profile.total)
        if met := values.get("links"):
            # A row that was written when fewer kinds were counted has fewer lists.
            unknown = [None] * (len(LINKS[profile.kind]) - len(met))
            profile._links = [*(links.flat(each) or None for each in met), *unknown]
        if days := values.get("labels"):
            profile._days = labels.from_rows(days, profile.known, profile.frauds)
        return profile

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Profile) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def _meet(self, keys: Mapping[str, str], now: int, seen_as: int) -> None:
        kinds = LINKS.get(self.kind)
        if kinds is None:
            return
        met = self._links
        if met is None:
            met = self._links = [None] * len(kinds)
        for place, kind in enumerate(kinds):
            if key := keys.get(kind):
                known = met[place]
                if known is None:
                    met[place] = links.first(key, now, seen_as)
                else:
                    links.meet(known, key, now, seen_as)

    def _paid(self, now: int, amount_minor: int) -> None:
        if self.kind in WITH_AMOUNTS and amount_minor > 0:
            self._remember(amount_minor)
        if self.kind in WITH_HABITS:
            habits = self.habits
            if habits is None:
                habits = self.habits = {}
            for name in habit_names(now):
                habits[name] = habits.get(name, 0) + 1

    def _remember(self, amount_minor: int) -> None:
        amounts, logs = self.amounts, self._logs
        self._usual = None
        if amounts is None:
            self.amounts = [amount_minor]
            return
        amounts.append(amount_minor)
        if logs is not None:
            insort(logs, log(amount_minor))
        if len(amounts) > PAID_KEPT_OF.get(self.kind, PAID_KEPT):
            oldest = amounts.pop(0)
            if logs is not None:
                del logs[bisect_left(logs, log(oldest))]

    def _forget(self, *, fraud: bool, at: int) -> None:
        if self._days is not None:
            labels.forget(self._days, at // 86_400, fraud)
        if self.known <= LATEST_KEPT:
            self.latest = self.latest.replace("1" if fraud else "0", "", 1)
        self.known -= 1
        if fraud:
            self.frauds = max(self.frauds - 1, 0)
            self.last_fraud_at = self.last_fraud_at if self.frauds else 0

    def _is_odd(self, amount_minor: int) -> bool:
        usual = self.usual()
        return usual is not None and amount_minor > 0 and usual.deviations(amount_minor) >= ODD_FROM


def smoothed(frauds: int, known: int) -> float:
    """The share of fraud, drawn towards 2 % where little is known."""
    return (frauds + FEEDBACK_PRIOR) / (known + FEEDBACK_WEIGHT)


def habit_names(now: int) -> tuple[str, str]:
    """The hour and the weekday (Monday is d0) of a moment, UTC; 1 January 1970 was a Thursday."""
    return f"h{now // 3600 % 24}", f"d{(now // 86_400 + 3) % 7}"


def _without(found: Sequence[windows.Counts], own: Own, now: int) -> list[windows.Counts]:
    kept = []
    for counts, since in zip(found, (*windows.starts(now), 0), strict=True):
        mine = [own.count(kind, since_bucket=since) for kind in COLUMNS]
        mine.append(mine[0] * own.amount_minor)
        tries, declined, blocked, paid, amount = (
            max(count - own_count, 0) for count, own_count in zip(counts, mine, strict=True)
        )
        kept.append((tries, declined, blocked, paid, amount))
    return kept
