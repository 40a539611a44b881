"""Waiting for a condition instead of for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(found: Callable[[], T], *, seconds: float = 30.0) -> T:
    """What `found` gives as soon as that is true; fails when it has not become so in time."""
    ends = time.monotonic() + seconds
    while True:
        answer = found()
        if answer:
            return answer
        assert time.monotonic() < ends, f"not within {seconds:g} s"
        time.sleep(0.01)
