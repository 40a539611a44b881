"""Open-model load: visitors come when they come, whether or not those before them were answered.

Each visit begins at a moment drawn beforehand (a Poisson stream); what it waits, also for a free thread here, is part of
its time. So a site that stands still is told of, and not asked less.
"""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

VISITORS_AT_ONCE_MAX = 256


class Refused(Exception):
    """The site said no as it should: sold out, too many. No error, and no figure."""


@dataclass
class Figures:
    """Milliseconds by kind, and how the visits ended. Safe to feed from any thread."""

    ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    refused: int = 0
    visits: int = 0
    late_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def timed(self, kind: str, *, since: float | None = None) -> Iterator[None]:
        """`since` is when the visit was due, for its first request."""
        began = time.perf_counter() if since is None else since
        try:
            yield
        except Refused:
            with self.lock:
                self.refused += 1
            raise
        except Exception as error:
            with self.lock:
                self.errors[kind].append(f"{type(error).__name__}: {error}"[:300])
            raise
        finally:
            elapsed = (time.perf_counter() - began) * 1000
            with self.lock:
                self.ms[kind].append(elapsed)

    @property
    def requests(self) -> int:
        return sum(len(each) for each in self.ms.values())

    @property
    def error_share(self) -> float:
        return sum(len(each) for each in self.errors.values()) / max(1, self.requests)

    @property
    def late_p99_ms(self) -> float:
        """How late visits were sent off here; it stands in their times."""
        values = sorted(self.late_ms)
        return values[int(0.99 * len(values))] if values else 0.0

    def percentile(self, kind: str, share: float) -> float:
        values = sorted(self.ms[kind])
        return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def run(
    visit: Callable[[Figures, float, random.Random], None],
    *,
    per_second: float,
    seconds: float,
    seed: int = 15,
) -> Figures:
    """`visit(figures, due, dice)` for each arrival; `due` is the moment by `time.perf_counter`."""
    dice, figures = random.Random(seed), Figures()
    began = time.perf_counter()
    due = began
    with ThreadPoolExecutor(VISITORS_AT_ONCE_MAX) as visitors:
        while (due := due + dice.expovariate(per_second)) < began + seconds:
            # The model: visits come at moments drawn before, whether or not the shop keeps up.
            time.sleep(max(0.0, due - time.perf_counter()))
            figures.late_ms.append((time.perf_counter() - due) * 1000)
            figures.visits += 1
            visitors.submit(_visit, visit, figures, due, dice.random())
    figures.seconds = time.perf_counter() - began
    return figures


def _visit(visit: Callable[..., None], figures: Figures, due: float, seed: float) -> None:
    with suppress(Exception):  # the figures tell of it
        visit(figures, due, random.Random(seed))
