"""Openings that smell of attack: somebody may be pushing a dependency over on purpose, or holding our threads.

An outage opens a breaker once and keeps it open. What these patterns look for is different, and each is told once
in `QUIET_SECONDS`.
"""

from collections import deque
from dataclasses import dataclass, field

FLAPS, FLAP_SECONDS = 4, 600.0
TOGETHER, TOGETHER_SECONDS = 3, 60.0
SLOW_OPENINGS, SLOW_SECONDS = 2, 600.0
CROWD, CROWD_SECONDS = 50, 60.0
QUIET_SECONDS = 600.0
REMEMBERED = 200


@dataclass
class Suspicion:
    """Pure: told of openings and refusals, it answers with the names of the patterns that they complete."""

    openings: deque[tuple[float, str, bool]] = field(
        default_factory=lambda: deque(maxlen=REMEMBERED)
    )
    crowds: deque[float] = field(default_factory=lambda: deque(maxlen=CROWD))
    told: dict[str, float] = field(default_factory=dict)

    def opened(self, breaker: str, *, slow: bool, now: float, heard: bool = False) -> list[str]:
        """Of openings that were `heard` of from another process that one tells.

        flapping: closes and opens again and again. slow_calls: opened by slowness, which holds threads.
        several_at_once: different dependencies together."""
        self.openings.append((now, breaker, slow))
        if heard:
            return []
        mine = [each for each in self.openings if each[1] == breaker]
        together = {name for at, name, _ in self.openings if at > now - TOGETHER_SECONDS}
        found = {
            "flapping": sum(at > now - FLAP_SECONDS for at, *_ in mine) >= FLAPS,
            "slow_calls": sum(held and at > now - SLOW_SECONDS for at, _, held in mine) >= SLOW_OPENINGS,
            "several_at_once": len(together) >= TOGETHER,
        }  # fmt: skip
        return [name for name, complete in found.items() if complete and self._is_news(name, now)]

    def crowded(self, *, now: float) -> list[str]:
        """crowding: the bulkhead turns away more than customers in a hurry explain."""
        self.crowds.append(now)
        complete = len(self.crowds) == CROWD and self.crowds[0] > now - CROWD_SECONDS
        return ["crowding"] if complete and self._is_news("crowding", now) else []

    def _is_news(self, pattern: str, now: float) -> bool:
        if now - self.told.get(pattern, float("-inf")) < QUIET_SECONDS:
            return False
        self.told[pattern] = now
        return True
