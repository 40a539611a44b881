"""How one value is made: looked for in Valkey, its lease taken, made, and kept where nothing has changed meanwhile."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog

from core.cache import stats
from core.cache.entries import Absent, Entry, now
from core.cache.families import Family
from core.cache.shared import Away, sealed

if TYPE_CHECKING:
    from core.cache.layers import Layers

POLL_SECONDS_FIRST, POLL_SECONDS_MAX = 0.005, 0.05
# Who dies while making keeps the others waiting for so long; who is slower than that may get company.
LEASE_SECONDS_MAX = 2.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for, and how it is made when nobody has it."""

    key: str
    family: Family
    factory: Callable[[], Any]
    tags: tuple[str, ...]
    seconds: float | None = None

    def make(self) -> Any:
        """Raises what the factory raises, but for the refusals that the family remembers."""
        try:
            return self.factory()
        except self.family.absent as refusal:
            return Absent(type(refusal).__name__)


class Making:
    """`old` may be shown meanwhile. An eager one runs behind the caller's back, while `old` is still fresh."""

    def __init__(
        self, layers: "Layers", wish: Wish, flight: "Future[Entry]", *, old: Entry | None, eager: bool = False
    ) -> None:  # fmt: skip
        self.layers, self.wish, self.flight, self.old, self.eager = layers, wish, flight, old, eager
        self.shared = layers.shared
        self.born = layers.changes.count
        self.token = uuid4().hex
        self.generations = ""
        self.tally = stats.of(wish.family.name)

    def begin(self) -> None:
        """Ends the flight, or sends somebody who will."""
        try:
            entry = self._found()
        except BaseException as error:
            self.layers.flights.crash(self.wish.key, self.flight, error)
            raise
        if entry is not None:
            self.layers.flights.land(self.wish.key, self.flight, entry)
        elif self.eager:
            self.work()
        else:
            self.layers.flights.send(self.work)

    def work(self) -> None:
        began = now()
        try:
            entry = self.layers.entry(self.wish, self.wish.make(), born=self.born, made_at=began)
            self._keep(entry)
        except BaseException as error:
            next(self.tally.failed)
            self._give_back()
            if self.old is not None:
                log.warning(
                    "cache_making_failed", family=self.wish.family.name, error=type(error).__name__
                )
            self.layers.flights.crash(self.wish.key, self.flight, error)
            return
        next(self.tally.missed)
        self.layers.flights.land(self.wish.key, self.flight, entry)

    def _found(self) -> Entry | None:
        """A fresh value, or an old one while another process makes the new one. None: it is ours to make.

        For an eager making only what outlives our own copy is new. Who holds the lease longer than a making may
        take is not waited for.
        """
        deadline = time.monotonic() + self.wish.family.hard_seconds
        known_until = self.old.hard_fresh_until if self.eager and self.old else 0.0
        pause = POLL_SECONDS_FIRST
        while self.shared is not None:
            wanted_until = max(now(), known_until)
            try:
                entry, leased = self._look(self.shared, wanted_until)
            except Away:
                self.shared = None
                return None
            if entry is not None and entry.hard_fresh_until > wanted_until:
                next(self.tally.shared)
                return entry
            if leased or time.monotonic() >= deadline:
                return None
            old = entry if entry is not None and entry.may_be_shown(now()) else self.old
            if old is not None:
                return self.layers.shown_for_now(old)
            if pause == POLL_SECONDS_FIRST:
                next(self.tally.waited)
            time.sleep(pause)
            pause = min(pause * 2, POLL_SECONDS_MAX)
        return None

    def _look(self, shared: Any, wanted_until: float) -> tuple[Entry | None, bool]:
        """What Valkey has, and whether the lease is ours."""
        self.born = self.layers.changes.count
        wish = self.wish
        seen = shared.look(
            wish.key, tags=wish.tags, token=self.token, fresh_after=wanted_until,
            lease_seconds=min(wish.family.hard_seconds, LEASE_SECONDS_MAX),
        )  # fmt: skip
        self.generations = seen.generations
        return self.layers.taken(wish.key, wish.family, seen, born=self.born), seen.leased

    def _keep(self, entry: Entry) -> None:
        """In Valkey first: where it is refused as late, it is not kept here either."""
        if not (self._written(entry) and self.layers.keep(entry)):
            next(self.tally.late)

    def _written(self, entry: Entry) -> bool:
        if self.shared is None:
            return True
        try:
            return bool(
                self.shared.write(
                    entry.key, sealed(entry.text, entry.family, entry.key), made_at=entry.made_at,
                    fresh_until=entry.hard_fresh_until, stale_until=entry.stale_until, tags=entry.tags,
                    generations=self.generations, token=self.token, now=now(),
                )
            )  # fmt: skip
        except Away:
            return True  # what changes meanwhile is known here by its number

    def _give_back(self) -> None:
        if self.shared is not None:
            try:
                self.shared.release(self.wish.key, self.token)
            except Away:
                return  # the lease ends by itself
