"""The layers at work: memory, then Valkey, then whoever makes the value; one at a time, in bounded time."""

import os
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import TimeoutError as TookTooLong
from typing import Any, cast

import structlog
from django.conf import settings
from django.core.cache import caches
from django.db import connection

from core.cache import codec, invalidation, keeper, metrics, stats
from core.cache.entries import Absent, Entry, now
from core.cache.families import FOREVER, Family
from core.cache.flights import Flights
from core.cache.invalidation import Change, Changes
from core.cache.keys import stored
from core.cache.making import Making, Wish
from core.cache.memory import Memory
from core.cache.shared import Away, Seen, Shared, opened
from core.errors import Unavailable

REST_SECONDS = 0.5

log = structlog.get_logger(__name__)


class MakingTookTooLong(Unavailable):
    """There was nothing old to show, and the new value did not come in time."""

    def __init__(self) -> None:
        super().__init__(retry_after=1)


class Layers:
    """One for each process. `shared_alias` names the cache of django-redis in the settings; empty: memory alone."""

    def __init__(self, *, prefix: str, bytes_max: int, shared_alias: str) -> None:
        self.prefix = prefix
        self.all_keys = f"{prefix}:[0-9]*"
        self.memory = Memory(bytes_max)
        self.changes = Changes(self.memory, self.all_keys)
        self.flights = Flights()
        self.lock = threading.Lock()
        # To Valkey in any case; None: there is none.
        self.line = Shared(shared_alias, prefix) if shared_alias else None
        # Until its keeper listens, this process misses what others forget.
        self.deaf = self.line is not None
        # Bound once: the way of a hit is short.
        self._find = self.memory.get

    @property
    def shared(self) -> Shared | None:
        """None also while it does not know of changes that this process has made."""
        return None if self.changes.waiting else self.line

    @property
    def _is_behind(self) -> bool:
        """Valkey answers, and may have heard what we did not. Where it is away too, we go on with what we have."""
        return self.deaf and self.line is not None and not self.line.is_silent

    # --- Reading ----------------------------------------------------------------------------------

    def hit(self, full: str) -> Entry | None:
        """What this process may answer with by itself."""
        entry: Entry | None = self._find(full)
        if entry is None or (self.deaf and self._is_behind):
            return None
        at = now() if settings.CLOCK_OFFSET_FILE else time.time()
        if at >= entry.fresh_until or at < entry.made_at - 1:
            return None
        if entry.checked != self.changes.count and not self.changes.is_valid(entry):
            self.memory.pop_if(entry)
            return None
        return entry

    def here(self, full: str) -> Entry | None:
        """A fresh value of this process's own, though Valkey may have a newer one."""
        entry = self._valid(full)
        return entry if entry is not None and entry.is_fresh(now()) else None

    def get(self, full: str, family: Family) -> Entry | None:
        """A fresh value, from memory or from Valkey; nothing is made."""
        entry = self.hit(full)
        if entry is not None:
            next(entry.counter)
            return entry
        tally = stats.of(family.name)
        try:
            entry = self._there(full, family)
            counter = tally.shared
        except Away:
            entry = self.here(full)
            counter = tally.local
        next(tally.missed if entry is None else counter)
        return entry

    def get_or_make(
        self, key: str, family: Family, factory: Callable[[], Any], *, tags: tuple[str, ...] = (),
        seconds: float | None = None, version: int = 1,
    ) -> Any:  # fmt: skip
        """The value; raises what `factory` raises, or MakingTookTooLong."""
        all_tags = (*family.own_tags, *tags)
        if family.reads and invalidation.is_dirty(all_tags):
            next(stats.of(family.name).passed)
            return factory()
        full = full_key(self.prefix, version, key, digest=family.personal)
        entry = self.hit(full)
        if entry is None:
            entry = self._make(Wish(full, family, factory, all_tags, seconds))
        else:
            next(entry.counter)
            if now() >= entry.eager_at:
                entry.eager_at = float("inf")
                self._renew(Wish(full, family, factory, all_tags, seconds), entry)
        value = entry.read()
        if type(value) is Absent:
            raise _refusal(value, family)
        return value

    # --- Making -----------------------------------------------------------------------------------

    def _make(self, wish: Wish) -> Entry:
        """One caller begins, the others wait. Who has something old to show waits only a moment."""
        if connection.in_atomic_block:
            return self._make_here(wish)
        old, family, asked = self._showable(wish.key), wish.family, self.changes.count
        flight, leads = self.flights.join(wish.key)
        if leads:
            Making(self, wish, flight, old=old).begin()
        else:
            next(stats.of(family.name).waited)
            if old is not None:
                return self.shown_for_now(old)
        try:
            entry = flight.result(family.hard_seconds if old is None else family.soft_seconds)
        except TookTooLong:
            if old is None:
                next(stats.of(family.name).failed)
                raise MakingTookTooLong from None
            return self.shown_for_now(old)
        except Exception:
            old = self._showable(wish.key)
            if old is None:
                raise
            return self.shown_for_now(old)
        if entry.born < asked and not self.changes.may_keep(entry.key, entry.tags, entry.born):
            # Its making began before a change that was known when we asked. The next one begins after.
            return self._make(wish)
        return entry

    def _make_here(self, wish: Wish) -> Entry:
        """In a transaction: by this thread's own connection, and never kept, for its view may be an old one."""
        try:
            found = self._there(wish.key, wish.family)
        except Away:
            found = None
        if found is not None:
            next(stats.of(wish.family.name).shared)
            return found
        next(stats.of(wish.family.name).missed)
        return self.entry(wish, wish.make(), born=-1)

    def _renew(self, wish: Wish, entry: Entry) -> None:
        """Behind the caller's back, while what is there is still fresh."""
        if connection.in_atomic_block:
            return
        flight, leads = self.flights.join(wish.key)
        if leads:
            self.flights.send(Making(self, wish, flight, old=entry, eager=True).begin)

    def shown_for_now(self, old: Entry) -> Entry:
        """Once more, and for a moment without asking again. Its own time may not even be over."""
        at = now()
        if not old.is_fresh(at):
            old.counter = stats.of(old.family.name).stale
        old.fresh_until = min(at + min(REST_SECONDS, old.family.local_seconds), old.stale_until)
        next(old.counter)
        return old

    # --- Keeping ----------------------------------------------------------------------------------

    def entry(self, wish: Wish, value: Any, *, born: int, made_at: float | None = None) -> Entry:
        """A new one; raises codec.Uncacheable."""
        at, family = made_at or now(), wish.family
        life = family.life() if wish.seconds is None else wish.seconds
        if type(value) is Absent or (value is None and wish.factory is not given):
            life = min(life, family.absent_seconds)
        return Entry(
            wish.key, family, codec.encode(value), value=value, tags=wish.tags, born=born, made_at=at,
            fresh_until=at + life, stale_until=min(at + life + family.stale_seconds, FOREVER),
            counter=stats.of(family.name).local,
        )  # fmt: skip

    def keep(self, entry: Entry) -> bool:
        """In memory, where nothing has changed since its making began."""
        if not self.changes.may_keep(entry.key, entry.tags, entry.born):
            return False
        entry.settle()
        self.memory.put(entry)
        if not self.changes.may_keep(entry.key, entry.tags, entry.born):
            self.memory.pop_if(entry)  # forgotten between the question and the putting
            return False
        keeper.ensure(self)
        return True

    def taken(self, full: str, family: Family, seen: Seen, *, born: int) -> Entry | None:
        """What Valkey had, kept here too."""
        text = None if seen.text is None else opened(seen.text, family, full)
        if text is None:
            return None
        try:
            entry = Entry(
                full, family, text, made_at=seen.made_at, fresh_until=seen.fresh_until,
                stale_until=seen.stale_until, tags=seen.tags, born=born,
                counter=stats.of(family.name).local,
            )  # fmt: skip
        except codec.Unreadable:
            log.warning("cache_entry_unreadable", family=family.name)
            return None
        self.keep(entry)
        return entry

    def forget(
        self, *, tags: tuple[str, ...] = (), keys: tuple[str, ...] = (), pattern: str = "", source: str = "call"
    ) -> None:  # fmt: skip
        """Here at once, in Valkey and the other processes at once or as soon as Valkey answers."""
        change = Change(tags, keys, pattern)
        self.changes.apply(change)
        metrics.invalidations_total.labels(source).inc()
        self.changes.tell(change, self.line)

    def forget_pattern(self, pattern: str) -> int:
        """All keys that match, in all layers; how many Valkey had."""
        change = Change(pattern=pattern)
        self.changes.apply(change)
        metrics.invalidations_total.labels("pattern").inc()
        try:
            if self.shared is None:
                raise Away
            return self.changes.sweep(change, self.shared)
        except Away:
            self.changes.tell_later(change, self.line)
            return 0

    def _there(self, full: str, family: Family) -> Entry | None:
        """A fresh value of Valkey's. Raises Away."""
        shared, born = self.shared, self.changes.count
        if shared is None:
            raise Away
        found = self.taken(full, family, shared.look(full), born=born)
        return found if found is not None and found.is_fresh(now()) else None

    def _valid(self, full: str) -> Entry | None:
        entry: Entry | None = self._find(full)
        if entry is not None and not self.changes.is_valid(entry):
            self.memory.pop_if(entry)
            return None
        return entry

    def _showable(self, full: str) -> Entry | None:
        entry = self._valid(full)
        return entry if entry is not None and entry.may_be_shown(now()) else None


def given() -> Any:
    """Stands for the making of a value that a caller brought."""


def _refusal(value: Absent, family: Family) -> Exception:
    kinds = {kind.__name__: kind for kind in family.absent}
    return kinds[value.refusal]()


def full_key(prefix: str, version: int, key: str, *, digest: bool = False) -> str:
    """As it is stored. Long and odd ones become digests under their family's name, and so do personal ones."""
    return f"{prefix}:{version}:{stored(key, digest=digest)}"


known_layers: dict[str, Layers] = {}
_making = threading.Lock()


def layers() -> Layers:
    """Those of the default cache."""
    found = known_layers.get("default")
    return found if found is not None else cast(Any, caches["default"]).layers


def of_settings(name: str, **options: Any) -> Layers:
    """One for each process and cache, however many threads have backends."""
    found = known_layers.get(name)
    if found is None:
        with _making:
            found = known_layers.get(name) or known_layers.setdefault(name, Layers(**options))
    return found


def all_layers() -> Iterable[Layers]:
    return list(known_layers.values())


def _after_fork() -> None:
    """A child has other threads, locks and connections."""
    global _making
    known_layers.clear()
    _making = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
