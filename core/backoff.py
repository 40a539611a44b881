"""How long to wait before the next try: longer each time, never for ever, and never all at once."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Backoff:
    """`first_seconds`, then `factor` times as long for each failure, up to the ceiling, give or take the jitter."""

    first_seconds: float
    factor: float
    ceiling_seconds: float
    jitter: float = 0.2

    def after(self, failures: int, *, chance: Callable[[], float] = random.random) -> timedelta:
        """The pause after so many failures in a row (1 or more)."""
        steps = min(failures - 1, 64)
        seconds = min(self.first_seconds * self.factor**steps, self.ceiling_seconds)
        return timedelta(seconds=seconds * (1 + self.jitter * (2 * chance() - 1)))
