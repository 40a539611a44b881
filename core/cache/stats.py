"""Counting without locks: `next()` on an `itertools.count` is one step that no thread can interrupt."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

NAMES = ("local", "shared", "missed", "stale", "waited", "evicted", "late", "failed", "passed")


def _zero() -> Iterator[int]:
    return count()


@dataclass(slots=True)
class Tally:
    """One family's, since this process began.

    local, shared: answered by this process's memory, by Valkey. missed: made. stale: answered with an old value.
    waited: for somebody else's making. late: made, but not kept, since it was invalidated meanwhile.
    failed: makings that failed or took too long. passed: asked inside a transaction that had changed the data.
    """

    local: Iterator[int] = field(default_factory=_zero)
    shared: Iterator[int] = field(default_factory=_zero)
    missed: Iterator[int] = field(default_factory=_zero)
    stale: Iterator[int] = field(default_factory=_zero)
    waited: Iterator[int] = field(default_factory=_zero)
    evicted: Iterator[int] = field(default_factory=_zero)
    late: Iterator[int] = field(default_factory=_zero)
    failed: Iterator[int] = field(default_factory=_zero)
    passed: Iterator[int] = field(default_factory=_zero)

    def read(self) -> dict[str, int]:
        # The next number is how many there were; a count tells it only by its name.
        return {name: int(repr(getattr(self, name))[6:-1]) for name in NAMES}


_tallies: dict[str, Tally] = {}


def of(family: str) -> Tally:
    found = _tallies.get(family)
    return found if found is not None else _tallies.setdefault(family, Tally())


def read() -> dict[str, dict[str, int]]:
    return {name: tally.read() for name, tally in list(_tallies.items())}


def forget() -> None:
    _tallies.clear()
