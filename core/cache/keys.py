"""Keys as they are stored: short, printable, and without anything that a pattern would take for a wildcard."""

import hashlib

from core.cache.families import of_key

LENGTH_MAX = 160
ODD = frozenset("*?[]\\\n ")


def stored(key: str, *, digest: bool = False) -> str:
    """The key itself where that is harmless; else its family and a digest."""
    if not digest and len(key) <= LENGTH_MAX and key.isprintable() and ODD.isdisjoint(key):
        return key
    family = key.partition(":")[0]
    known = family if of_key(key).name == family else "other"
    return f"{known}:~{hashlib.sha256(key.encode()).hexdigest()[:40]}"
