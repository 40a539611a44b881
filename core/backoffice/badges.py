"""Numbers beside the sidebar's entries: what waits for somebody. Kept 15 s, so that a page costs one look-up."""

from collections.abc import Callable

from django.core.cache import cache

SECONDS = 15

_counts: dict[str, Callable[[], int]] = {}


def register(name: str, count: Callable[[], int]) -> None:
    """`count` answers how many wait, in one cheap statement."""
    _counts[name] = count


def waiting(names: list[str]) -> dict[str, int]:
    """The number for each known name; at most SECONDS old."""
    known = [name for name in names if name in _counts]
    kept = cache.get_many([_key(name) for name in known])
    missing = {_key(name): _counts[name]() for name in known if _key(name) not in kept}
    if missing:
        cache.set_many(missing, timeout=SECONDS)
    kept |= missing
    return {name: kept[_key(name)] for name in known}


def _key(name: str) -> str:
    return f"backoffice:waiting:{name}"
