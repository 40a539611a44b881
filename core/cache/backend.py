"""The layers as a Django cache, so that callers only know `cache`.

OPTIONS: SHARED (the alias of a django-redis cache; empty: this process's memory alone) and LOCAL_BYTES.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

from core.cache import codec
from core.cache.entries import Absent, Entry, now
from core.cache.families import FOREVER, Family, of_key
from core.cache.invalidation import Change
from core.cache.layers import Layers, full_key, given, known_layers, of_settings
from core.cache.making import Wish
from core.cache.shared import Away, sealed

LOCAL_BYTES = 32 * 1024 * 1024
_missing = object()


class LayeredCache(BaseCache):
    """Values must be what `codec` knows. Those that can't change come back as they are, others as copies."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = params.get("OPTIONS", {})
        self._location = location or "default"
        self._options = {
            "prefix": self.key_prefix or "cache",
            "bytes_max": options.get("LOCAL_BYTES", LOCAL_BYTES),
            "shared_alias": options.get("SHARED", ""),
        }
        self._head = f"{self._options['prefix']}:{self.version}:"

    @property
    def layers(self) -> Layers:
        # Asked for anew: a child of a fork has others.
        return of_settings(self._location, **self._options)

    # --- One key ----------------------------------------------------------------------------------

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        layers = known_layers.get(self._location) or self.layers
        # A hit's key is one that was stored: it needs no check.
        full = (
            self._head + key if version is None and type(key) is str else self._full(key, version)
        )
        entry = layers.hit(full)
        if entry is not None:
            next(entry.counter)
        else:
            entry = layers.get(self._full(key, version), of_key(str(key)))
            if entry is None:
                return default
        value = entry.value if entry.is_frozen else codec.decode(entry.text)
        return default if type(value) is Absent else value

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        self._put(key, value, timeout, version)

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        return self._put(key, value, timeout, version, only_new=True)

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        full, family, layers = self._full(key, version), of_key(str(key)), self.layers
        entry = layers.get(full, family)
        if entry is None:
            return False
        seconds = self._seconds(timeout, family)
        if seconds is not None and seconds <= 0:
            return self.delete(key, version)
        wish = Wish(full, family, given, entry.tags, seconds)
        longer = layers.entry(wish, entry.read(), born=layers.changes.count)
        return self._write(layers, longer)

    def delete(self, key: str, version: int | None = None) -> bool:
        known = self.get(key, _missing, version) is not _missing
        self.layers.forget(keys=(self._full(key, version),))
        return known

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """One step for the whole fleet where there is Valkey, for this process where not."""
        full, family, layers = self._full(key, version), of_key(str(key)), self.layers
        number: int | None
        try:
            number = self._incr_there(layers, full, family, delta)
        except Away:
            number = self._incr_here(layers, full, family, delta)
        if number is None:
            raise ValueError(f"Key {key!r} not found")
        return number

    def get_or_set(
        self, key: str, default: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> Any:
        """With a callable: made once, however many ask, in this process and in the fleet."""
        if not callable(default):
            return super().get_or_set(key, default, timeout, version)
        family = of_key(str(key))
        return self.layers.get_or_make(
            str(key), family, default, seconds=self._seconds(timeout, family),
            version=self.version if version is None else version,
        )  # fmt: skip

    # --- Many keys --------------------------------------------------------------------------------

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        found = {key: self.get(key, _missing, version) for key in keys}
        return {key: value for key, value in found.items() if value is not _missing}

    def set_many(
        self, data: Mapping[str, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[str]:
        for key, value in data.items():
            self.set(key, value, timeout, version)
        return []

    def delete_many(self, keys: Iterable[str], version: int | None = None) -> None:
        self.layers.forget(keys=tuple(self._full(key, version) for key in keys))

    def delete_pattern(self, pattern: str, version: int | None = None) -> int:
        """All keys that a shell's pattern matches; how many Valkey had."""
        number = self.version if version is None else version
        return self.layers.forget_pattern(f"{self._options['prefix']}:{number}:{pattern}")

    def forget_tags(self, *tags: str) -> None:
        self.layers.forget(tags=tags)

    def clear(self) -> None:
        """All that this cache has under its prefix; the database keeps what others put there."""
        layers = self.layers
        layers.changes.flush("cleared")
        layers.forget_pattern(layers.all_keys)

    # --- Inside -----------------------------------------------------------------------------------

    def _full(self, key: Any, version: int | None) -> str:
        number = self.version if version is None else version
        text = str(key)
        return full_key(self._options["prefix"], number, text, digest=of_key(text).personal)

    def _seconds(self, timeout: Any, family: Family) -> float | None:
        """None: as long as the family says."""
        if timeout is DEFAULT_TIMEOUT:
            return None
        return FOREVER if timeout is None else float(timeout)

    def _put(
        self, key: str, value: Any, timeout: Any, version: int | None, *, only_new: bool = False
    ) -> bool:
        full, family, layers = self._full(key, version), of_key(str(key)), self.layers
        seconds = self._seconds(timeout, family)
        if seconds is not None and seconds <= 0:
            if only_new:
                return self.get(key, _missing, version) is _missing
            layers.forget(keys=(full,))
            return True
        if only_new and layers.hit(full) is not None:
            return False
        wish = Wish(full, family, given, family.own_tags, seconds)
        entry = layers.entry(wish, value, born=layers.changes.count)
        return self._write(layers, entry, only_new=only_new)

    def _write(self, layers: Layers, entry: Entry, *, only_new: bool = False) -> bool:
        """To Valkey and here; where it is away this process's memory decides."""
        try:
            if layers.shared is None:
                raise Away
            written = layers.shared.write(
                entry.key, sealed(entry.text, entry.family, entry.key), made_at=entry.made_at,
                fresh_until=entry.hard_fresh_until, stale_until=entry.stale_until, tags=entry.tags,
                only_new=only_new, now=now(), message=Change(keys=(entry.key,)).to_text(layers.changes.sender),
            )  # fmt: skip
            return layers.keep(entry) if written else False
        except Away:
            with layers.lock:
                if only_new and layers.here(entry.key) is not None:
                    return False
                layers.keep(entry)
            layers.changes.tell_later(Change(keys=(entry.key,)), layers.line)
        return True

    def _incr_there(self, layers: Layers, full: str, family: Family, delta: int) -> int | None:
        """Raises Away."""
        if layers.shared is None or family.personal:
            raise Away
        number = layers.shared.add(full, delta, now=now())
        if number is not None:
            layers.memory.pop(full)
            layers.shared.publish(Change(keys=(full,)).to_text(layers.changes.sender))
        return number

    def _incr_here(self, layers: Layers, full: str, family: Family, delta: int) -> int | None:
        with layers.lock:
            entry = layers.here(full)
            if entry is None:
                return None
            number: int = entry.read() + delta
            wish = Wish(full, family, given, entry.tags, entry.hard_fresh_until - now())
            grown = layers.entry(wish, number, born=layers.changes.count)
            layers.keep(grown)
        layers.changes.tell_later(Change(keys=(full,)), layers.line)
        return number
