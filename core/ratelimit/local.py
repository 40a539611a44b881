"""Counting in this process alone, for as long as the shared store is away: windows, and rolling ones."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from core.ratelimit.rates import Rate
from core.ratelimit.usage import Usage

KEYS_MAX = 10_000


@dataclass
class LocalCounts:
    """Bounded: what was counted longest ago is forgotten first, never everything at once."""

    counts: OrderedDict[tuple[str, str, int], int] = field(default_factory=OrderedDict)
    arrivals: OrderedDict[tuple[str, str], float] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def window(self, key: tuple[str, str], rate: Rate, *, increment: bool) -> Usage:
        number, passed = divmod(int(time.time()), rate.seconds)
        place = (*key, number)
        with self.lock:
            count = self.counts.get(place, 0) + increment
            self.counts[place] = count
            self.counts.move_to_end(place)
            while len(self.counts) > KEYS_MAX:
                self.counts.popitem(last=False)
        over = count > rate.count if increment else count >= rate.count
        left = rate.seconds - passed
        return Usage(rate.count, rate.count - count, rate.seconds, left, over)

    def rolling(self, key: tuple[str, str], rate: Rate, *, burst: int, interval: float) -> Usage:
        """GCRA: one theoretical arrival time for each key."""
        now = time.monotonic()
        with self.lock:
            arrival = max(self.arrivals.get(key, now), now)
            wait = arrival - now - (burst - 1) * interval
            if wait <= 0:
                self.arrivals[key] = arrival + interval
                self.arrivals.move_to_end(key)
            while len(self.arrivals) > KEYS_MAX:
                self.arrivals.popitem(last=False)
        if wait > 0:
            return Usage(rate.count, 0, rate.seconds, int(wait) + 1, over=True)
        remaining = int((burst * interval - (arrival + interval - now)) / interval)
        return Usage(rate.count, remaining, rate.seconds, int(interval) + 1, over=False)

    def clear(self) -> None:
        with self.lock:
            self.counts.clear()
            self.arrivals.clear()
