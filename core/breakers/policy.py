"""When a breaker opens, for how long, and how it finds out that it may close again."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPEN = "forced_open"
    DISABLED = "disabled"
    METRICS_ONLY = "metrics_only"


FORCED = (State.FORCED_OPEN, State.DISABLED, State.METRICS_ONLY)


class Window(StrEnum):
    COUNT = "count"
    TIME = "time"


def everything(_error: Exception) -> bool:
    return True


def nothing(_answer: Any) -> bool:
    return False


@dataclass(frozen=True)
class Policy:
    """Rates are per cent. `window_size` is calls or whole seconds. A rate above 100 never opens.

    Each opening in a row lasts `open_factor` times as long as the one before, up to `open_seconds_max`.
    `half_open_seconds` bounds how long probes may take to say something (0: for ever).
    `title`, `effect` (what customers see while it is paused) and `fallback` are words for staff.
    """

    name: str
    window: Window = Window.TIME
    window_size: int = 60
    minimum_calls: int = 5
    failure_rate: float = 50.0
    slow_rate: float = 60.0
    slow_seconds: float = 5.0
    open_seconds: float = 20.0
    open_factor: float = 2.0
    open_seconds_max: float = 120.0
    probes: int = 3
    probe_seconds: float = 10.0
    half_open_seconds: float = 0.0
    counts: Callable[[Exception], bool] = everything
    is_failure: Callable[[Any], bool] = nothing
    shared: bool = True
    title: str = ""
    effect: str = ""
    fallback: str = ""

    def __post_init__(self) -> None:
        whole = {"window_size": self.window_size, "minimum_calls": self.minimum_calls}
        for field, value in {**whole, "probes": self.probes}.items():
            if value < 1:
                raise ValueError(f"{self.name}: {field} must be at least 1")
        if self.window is Window.COUNT and self.minimum_calls > self.window_size:
            raise ValueError(f"{self.name}: the window never holds minimum_calls")
        if min(self.failure_rate, self.slow_rate, self.open_seconds, self.probe_seconds) <= 0:
            raise ValueError(f"{self.name}: rates and times must be above 0")

    def open_seconds_after(self, openings: int) -> float:
        """How long the breaker stays open the so manieth time in a row (1 or more)."""
        steps = min(openings - 1, 64)
        return min(self.open_seconds * self.open_factor**steps, self.open_seconds_max)

    @property
    def words(self) -> str:
        return self.title or self.name
