"""How the caches stand, for people."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from core.cache import families, history
from core.cache.families import Family
from core.cache.history import Hour
from core.cache.http import PLACES_SECONDS_MAX
from core.cache.layers import Layers
from core.cache.memory import Holding

LINE_WIDTH, LINE_HEIGHT = 240, 40
RATE_WANTED, ASKED_MIN = 80, 100


class Bar(NamedTuple):
    """One hour of the line, as a rectangle."""

    x: float
    y: float
    width: float
    height: float
    hour: int
    rate: float | None
    asked: int


@dataclass(frozen=True)
class Standing:
    family: Family
    rate: float | None
    bars: list[Bar]
    asked: int
    stale: int
    waited: int
    evicted: int
    failed: int
    held: Holding
    oldest_seconds: float | None

    @property
    def megabytes(self) -> float:
        return self.held.bytes / 1_000_000

    @property
    def tone(self) -> str:
        """A few questions say nothing."""
        if self.rate is None or self.asked < ASKED_MIN:
            return ""
        return "ok" if self.rate >= RATE_WANTED else "warn"

    @property
    def sentence(self) -> str:
        known = [bar.rate for bar in self.bars if bar.rate is not None]
        if not known:
            return "Nothing was asked of it in the last 24 hours."
        return f"Between {min(known):.0f} % and {max(known):.0f} % an hour needed no making."

    @property
    def is_too_old(self) -> bool:
        return self.family.shows_places and self.family.oldest_seconds > PLACES_SECONDS_MAX


def of_all(layers: Layers, *, now: datetime) -> tuple[int, list[Standing]]:
    """How many processes answered, and each family: the busiest first."""
    at = now.timestamp()
    hours, (processes, held) = history.hours(layers, at=at), history.held(layers, at=at)
    found = [
        _of(family, hours.get(name, []), held.get(name, Holding()), at)
        for name, family in families.all_families().items()
    ]
    return processes, sorted(found, key=lambda each: -each.asked)


def _of(family: Family, hours: list[Hour], held: Holding, at: float) -> Standing:
    total = Hour(0)
    for hour in hours:
        total.counts.update(hour.counts)
    return Standing(
        family=family,
        rate=total.rate,
        bars=[_bar(place, hour) for place, hour in enumerate(hours)],
        asked=total.asked,
        stale=total.counts["stale"],
        waited=total.counts["waited"],
        evicted=total.counts["evicted"],
        failed=total.counts["failed"],
        held=held,
        oldest_seconds=max(0.0, at - held.oldest_at) if held.entries else None,
    )


def _bar(place: int, hour: Hour) -> Bar:
    width = LINE_WIDTH / history.HOURS
    height = LINE_HEIGHT * (hour.rate or 0) / 100
    return Bar(
        round(place * width, 1), round(LINE_HEIGHT - height, 1), width - 1, round(height, 1),
        hour.number % 24, hour.rate, hour.asked,
    )  # fmt: skip
