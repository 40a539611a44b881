"""What this process has measured since it last wrote it down. Bounded, and safe to feed from any thread."""

import threading
from dataclasses import dataclass, field

from core.performance import metrics
from core.performance.histogram import bucket_of

ROWS_MAX = 3000

PAGE, TASK, WAIT, STATEMENT, VITAL, PROCESS, MEASURE = (
    "page", "task", "wait", "statement", "vital", "process", "measure",
)  # fmt: skip
Key = tuple[str, str, str]


@dataclass
class Row:
    """One page, task, statement… of this process: sums, the worst, and a histogram of milliseconds."""

    count: int = 0
    errors: int = 0
    looked_at: int = 0
    total_ms: float = 0.0
    cpu_ms: float = 0.0
    gc_ms: float = 0.0
    queries: int = 0
    query_ms: float = 0.0
    peak: float = 0.0
    slowest_ms: float = 0.0
    slowest_trace: str = ""
    buckets: dict[int, int] = field(default_factory=dict)

    def add(self, milliseconds: float, times: int = 1) -> None:
        bucket = bucket_of(milliseconds)
        self.count += times
        self.total_ms += milliseconds * times
        self.buckets[bucket] = self.buckets.get(bucket, 0) + times

    def merge(self, other: "Row") -> None:
        for name in (
            "count",
            "errors",
            "looked_at",
            "total_ms",
            "cpu_ms",
            "gc_ms",
            "queries",
            "query_ms",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.peak = max(self.peak, other.peak)
        if other.slowest_ms > self.slowest_ms:
            self.slowest_ms, self.slowest_trace = other.slowest_ms, other.slowest_trace
        for bucket, number in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + number


@dataclass(frozen=True, slots=True)
class Look:
    """What a close look at one request or task showed."""

    cpu_ms: float
    gc_ms: float
    queries: int
    query_ms: float
    statements: tuple[tuple[str, int, float], ...] = ()
    trace: str = ""


class Recorder:
    def __init__(self) -> None:
        self.rows: dict[Key, Row] = {}
        self.lock = threading.Lock()

    def add(
        self,
        kind: str,
        name: str,
        detail: str = "",
        *,
        ms: float,
        error: bool = False,
        look: Look | None = None,
    ) -> None:
        with self.lock:
            row = self._row((kind, name, detail))
            if row is None:
                return
            row.add(ms)
            row.errors += error
            if look is not None:
                self._look(name, row, ms, look)

    def peak(self, kind: str, name: str, detail: str, value: float) -> None:
        """Something without a time: only its latest worst is kept."""
        with self.lock:
            row = self._row((kind, name, detail))
            if row is not None:
                row.count += 1
                row.total_ms += value
                row.peak = max(row.peak, value)

    def waits(self, role: str, *, asked: int, queued: int, waited_ms: float) -> None:
        """Of the connection pool: how many asked, how many had to wait for one, and how long together."""
        with self.lock:
            row = self._row((PROCESS, role, "pool"))
            if row is not None:
                row.count += asked
                row.errors += queued
                row.total_ms += waited_ms

    def take(self) -> dict[Key, Row]:
        """Everything so far; from here on it is counted anew."""
        with self.lock:
            taken, self.rows = self.rows, {}
        return taken

    def give_back(self, rows: dict[Key, Row]) -> None:
        """What could not be written down is kept for the next time."""
        with self.lock:
            for key, row in rows.items():
                mine = self._row(key)
                if mine is not None:
                    mine.merge(row)

    def _look(self, name: str, row: Row, ms: float, look: Look) -> None:
        row.looked_at += 1
        row.cpu_ms += look.cpu_ms
        row.gc_ms += look.gc_ms
        row.queries += look.queries
        row.query_ms += look.query_ms
        row.peak = max(row.peak, look.queries)
        if ms > row.slowest_ms:
            row.slowest_ms, row.slowest_trace = ms, look.trace
        for shape, times, milliseconds in look.statements:
            self._statement(name, shape, times, milliseconds)

    def _statement(self, name: str, shape: str, times: int, milliseconds: float) -> None:
        statement = self._row((STATEMENT, name, shape))
        if statement is not None:
            statement.add(milliseconds / times, times)
            statement.looked_at += 1
            statement.peak = max(statement.peak, times)

    def _row(self, key: Key) -> Row | None:
        row = self.rows.get(key)
        if row is None and len(self.rows) < ROWS_MAX:
            row = self.rows[key] = Row()
        if row is None:
            metrics.dropped_total.inc()
        return row


_recorder = Recorder()
add = _recorder.add
peak = _recorder.peak
waits = _recorder.waits
take = _recorder.take
give_back = _recorder.give_back
