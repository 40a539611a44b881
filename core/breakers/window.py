"""What happened lately: the last so many calls, or those of the last so many seconds. Adding takes constant time."""

from dataclasses import dataclass
from typing import Protocol

from core.breakers.policy import Policy
from core.breakers.policy import Window as Kind


@dataclass(frozen=True, slots=True)
class Tally:
    calls: int = 0
    failed: int = 0
    slow: int = 0

    def plus(self, *, failed: bool, slow: bool) -> "Tally":
        return Tally(self.calls + 1, self.failed + failed, self.slow + slow)

    @property
    def failure_rate(self) -> float:
        return 100.0 * self.failed / self.calls if self.calls else 0.0

    @property
    def slow_rate(self) -> float:
        return 100.0 * self.slow / self.calls if self.calls else 0.0


class Window(Protocol):
    def add(self, *, failed: bool, slow: bool, now: float) -> None: ...

    def tally(self, now: float) -> Tally: ...


def window_of(policy: Policy) -> Window:
    return (CountWindow if policy.window is Kind.COUNT else TimeWindow)(policy.window_size)


class CountWindow:
    """A ring of the last `size` calls, with running totals."""

    def __init__(self, size: int) -> None:
        self._ring: list[tuple[bool, bool] | None] = [None] * size
        self._place = 0
        self._calls = self._failed = self._slow = 0

    def add(self, *, failed: bool, slow: bool, now: float) -> None:
        old = self._ring[self._place]
        if old is not None:
            self._calls -= 1
            self._failed -= old[0]
            self._slow -= old[1]
        self._ring[self._place] = (failed, slow)
        self._place = (self._place + 1) % len(self._ring)
        self._calls += 1
        self._failed += failed
        self._slow += slow

    def tally(self, now: float) -> Tally:
        return Tally(self._calls, self._failed, self._slow)


class TimeWindow:
    """One bucket for each of the last `size` seconds, with running totals."""

    def __init__(self, size: int) -> None:
        self._buckets = [[0, 0, 0] for _ in range(size)]
        self._second: int | None = None
        self._totals = [0, 0, 0]

    def add(self, *, failed: bool, slow: bool, now: float) -> None:
        self._move_to(int(now // 1))
        assert self._second is not None
        bucket = self._buckets[self._second % len(self._buckets)]
        for place, amount in enumerate((1, failed, slow)):
            bucket[place] += amount
            self._totals[place] += amount

    def tally(self, now: float) -> Tally:
        self._move_to(int(now // 1))
        return Tally(*self._totals)

    def _move_to(self, second: int) -> None:
        """Empty the buckets whose seconds have passed; a clock that steps back adds to the present one."""
        if self._second is None:
            self._second = second
        size = len(self._buckets)
        for passed in range(min(second - self._second, size)):
            bucket = self._buckets[(self._second + 1 + passed) % size]
            for place in range(3):
                self._totals[place] -= bucket[place]
                bucket[place] = 0
        self._second = max(self._second, second)
