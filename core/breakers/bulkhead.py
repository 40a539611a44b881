"""No more than so many calls of one dependency in a process at once, so that hanging calls never take all threads.

Who finds no place waits in line as long as calls flow: three times as long as a call usually takes. Where those
inside are stuck nobody waits at all, so that a dependency which hangs holds its places and no other thread.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from core.breakers import deadline

FIRST_GUESS_SECONDS = 0.3
PATIENCE = 3.0
SHARE_OF_NEWEST = 0.2


@dataclass(eq=False)
class _Waiter:
    come: threading.Event = field(default_factory=threading.Event)
    place: int = 0


class Bulkhead:
    """`waiting_max` bounds the line, `wait_seconds_min` and `wait_seconds_max` the patience of who stands in it."""

    def __init__(
        self,
        name: str,
        *,
        places: int,
        waiting_max: int = 4,
        wait_seconds_min: float = 0.3,
        wait_seconds_max: float = 4.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.places, self.waiting_max = name, places, waiting_max
        self.wait_seconds_min, self.wait_seconds_max = wait_seconds_min, wait_seconds_max
        self._clock = clock
        self._entered: dict[int, float] = {}
        self._next = 0
        self._line: deque[_Waiter] = deque()
        self._usual_seconds = FIRST_GUESS_SECONDS
        self._lock = threading.Lock()

    @property
    def in_use(self) -> int:
        return len(self._entered)

    @property
    def waiting(self) -> int:
        return len(self._line)

    @property
    def patience_seconds(self) -> float:
        """How long one may wait, and how long ago somebody must have got in, for waiting to make sense."""
        wished = PATIENCE * self._usual_seconds
        return min(max(wished, self.wait_seconds_min), self.wait_seconds_max)

    def enter(self) -> int | None:
        """A place, to be left by `leave`; None when there is none to be had soon."""
        with self._lock:
            if len(self._entered) < self.places:
                return self._take()
            if len(self._line) >= self.waiting_max:
                return None
            waiter = _Waiter()
            self._line.append(waiter)
            ends = self._ends()
        try:
            return self._wait(waiter, ends)
        except BaseException:
            self._forget(waiter)
            raise

    def leave(self, place: int) -> None:
        """The place goes straight to the first in line: nobody slips in before."""
        with self._lock:
            entered_at = self._entered.pop(place, None)
            if entered_at is not None:
                self._learn(self._clock() - entered_at)
            if self._line and len(self._entered) < self.places:
                first = self._line.popleft()
                first.place = self._take()
                first.come.set()

    def _wait(self, waiter: _Waiter, ends: float) -> int | None:
        while True:
            with self._lock:
                if waiter.place:
                    return waiter.place
                youngest = max(self._entered.values(), default=self._clock())
                left = min(ends, youngest + self.patience_seconds) - self._clock()
                if left <= 0:
                    self._line.remove(waiter)
                    return None
            waiter.come.wait(left)

    def _forget(self, waiter: _Waiter) -> None:
        """Interrupted while it waited, or just when a place came."""
        with self._lock:
            if waiter in self._line:
                self._line.remove(waiter)
        if waiter.place:
            self.leave(waiter.place)

    def _ends(self) -> float:
        ends = self._clock() + self.patience_seconds
        shared = deadline.ends_at()
        return ends if shared is None else min(ends, shared)

    def _take(self) -> int:
        self._next += 1
        self._entered[self._next] = self._clock()
        return self._next

    def _learn(self, seconds: float) -> None:
        """A moving average. What took longer than anybody may wait says no more than that."""
        newest = min(seconds, self.wait_seconds_max / PATIENCE)
        self._usual_seconds += SHARE_OF_NEWEST * (newest - self._usual_seconds)
