"""Numbers that are read when monitoring asks: from the database, the stores, the machine. A registry for the apps.

Counters of a process die with it and tell nothing of rows that wait; these are counted from the rows themselves.
Each part reads in one cheap query with a time-out of its own. What could not be read is absent, never an old
number that looks well, and `metrics_reading_ok` says so. Asking takes bounded time, whatever hangs.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.db import connection, transaction
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from core import clock

SECONDS_MAX = 3.0
KEPT_SECONDS = 4.0
STATEMENT_MS_MAX = 1000
log = structlog.get_logger(__name__)

Read = Callable[[datetime], Iterable[Metric]]


@dataclass(frozen=True)
class _Part:
    read: Read
    from_database: bool


@dataclass
class _Reader:
    parts: dict[str, _Part] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    thread: ThreadPoolExecutor | None = None
    running: "Future[list[Metric]] | None" = None
    kept: list[Metric] = field(default_factory=list)
    kept_at: float = float("-inf")


_reader = _Reader()


def register(part: str, read: Read, *, from_database: bool = True) -> None:
    """`read(now)` gives the part's metrics; called from an app's `ready()`."""
    _reader.parts[part] = _Part(read, from_database)


def gauge(
    name: str,
    words: str,
    value: float | Mapping[str, float] | None,
    *,
    label: str = "",
) -> GaugeMetricFamily:
    """One number, or with `label` one for each of its values; None is "there is none": no sample."""
    family = GaugeMetricFamily(name, words, labels=[label] if label else [])
    if isinstance(value, Mapping):
        for key, number in value.items():
            family.add_metric([str(key)], number)
    elif value is not None:
        family.add_metric([], value)
    return family


def age(since: datetime | None, now: datetime) -> float:
    """Seconds since then; 0 where nothing waits, and never less."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0


class Readings:
    """What Prometheus' registry asks. A reading is kept for a moment, so that nobody can make us count all day."""

    def collect(self) -> list[Metric]:
        with _reader.lock:
            if time.monotonic() - _reader.kept_at < KEPT_SECONDS:
                return _reader.kept
            if _reader.running is None:
                _reader.thread = _reader.thread or ThreadPoolExecutor(1, "readings")
                _reader.running = _reader.thread.submit(_read_all)
            running = _reader.running
            wait([running], timeout=SECONDS_MAX)
            if not running.done():
                return [_told(dict.fromkeys(_reader.parts, 0))]
            _reader.running = None
            _reader.kept, _reader.kept_at = running.result(), time.monotonic()
            return _reader.kept


def forget() -> None:
    """The next question is answered afresh."""
    with _reader.lock:
        _reader.kept_at, _reader.running = float("-inf"), None


def _read_all() -> list[Metric]:
    metrics: list[Metric] = []
    went_well: dict[str, float] = {}
    now = clock.now()
    began = time.monotonic()
    try:
        for name, part in list(_reader.parts.items()):
            late = time.monotonic() - began > SECONDS_MAX
            read = None if late else _read(name, part, now)
            went_well[name] = float(read is not None)
            metrics += read or []
    finally:
        connection.close()
    seconds = gauge("metrics_reading_seconds", "How long all of it took", time.monotonic() - began)
    return [*metrics, _told(went_well), seconds]


def _read(name: str, part: _Part, now: datetime) -> list[Metric] | None:
    try:
        if not part.from_database:
            return list(part.read(now))
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {STATEMENT_MS_MAX}")
            return list(part.read(now))
    except Exception as failure:
        # A door to monitoring: one part that fails must not hide the others.
        log.warning("metrics_not_read", part=name, error=type(failure).__name__)
        return None


def _told(went_well: Mapping[str, float]) -> GaugeMetricFamily:
    return gauge("metrics_reading_ok", "1 where the part could be read", went_well, label="part")
