"""The first layer: this process's memory, bounded in bytes, the least recently used leaves first."""

from collections.abc import Iterable
from dataclasses import dataclass

from cachebox import LRUCache

from core.cache import stats
from core.cache.entries import Entry, now

SHARE_OF_ONE = 8


@dataclass(frozen=True, slots=True)
class Holding:
    """What one family has here."""

    entries: int = 0
    bytes: int = 0
    oldest_at: float = float("inf")


class Memory:
    """Thread-safe by the store's own locks; `get` is the store's own."""

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self._store: LRUCache[str, Entry] = LRUCache(
            bytes_max, getsizeof=lambda _key, entry: entry.size
        )
        self.get = self._store.get

    def put(self, entry: Entry) -> None:
        """What is too big for its neighbours stays out."""
        self._store.pop(entry.key, None)
        if entry.size * SHARE_OF_ONE > self.bytes_max:
            return
        while self._store.remaining_size() < entry.size and self._store:
            self._evict()
        self._store.insert(entry.key, entry)

    def pop(self, key: str) -> Entry | None:
        found: Entry | None = self._store.pop(key, None)
        return found

    def pop_if(self, entry: Entry) -> None:
        """Out with this one, unless somebody has put another in its place."""
        if self._store.peek(entry.key) is entry:
            self._store.pop(entry.key, None)

    def keys(self) -> list[str]:
        return list(self._store.copy().keys())

    def clear(self) -> None:
        self._store.clear()

    def forget(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._store.pop(key, None)

    def holdings(self) -> dict[str, Holding]:
        """Of what may still be shown; what is over lies here only until its room is wanted."""
        found: dict[str, Holding] = {}
        at = now()
        for entry in self._store.copy().values():
            if not entry.may_be_shown(at):
                continue
            known = found.get(entry.family.name, Holding())
            found[entry.family.name] = Holding(
                known.entries + 1,
                known.bytes + entry.size,
                min(known.oldest_at, entry.made_at),
            )
        return found

    def _evict(self) -> None:
        try:
            _, entry = self._store.popitem()
        except KeyError:
            return  # another thread was quicker
        next(stats.of(entry.family.name).evicted)
