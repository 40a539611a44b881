"""How long a piece of work may take altogether, over all the calls that it makes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends_at: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All calls inside share this much time; an outer, earlier deadline stays in force."""
    ends_at = time.monotonic() + seconds
    outer = _ends_at.get()
    token = _ends_at.set(ends_at if outer is None else min(outer, ends_at))
    try:
        yield
    finally:
        _ends_at.reset(token)


def ends_at() -> float | None:
    """The moment on `time.monotonic` by which everything must be over; None without a deadline."""
    return _ends_at.get()
