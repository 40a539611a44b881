"""One thread in each process: notes how late it wakes, what the process weighs, and writes down what was measured."""

import atexit
import os
import threading
import time

import structlog
from django.conf import settings
from django.db import Error, connection

from core.performance import collector, metrics, recorder, roll_up

TICK_SECONDS = 0.1
TICKS_PER_SECOND = 10
STATM = "/proc/self/statm"
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

log = structlog.get_logger(__name__)


class Sampler(threading.Thread):
    def __init__(self, role: str) -> None:
        super().__init__(name="performance", daemon=True)
        self.role = role
        self.stopping = threading.Event()
        self.cpu_before = time.process_time()
        self.waits_before = (0, 0, 0)

    def run(self) -> None:
        due, ticks = time.perf_counter() + TICK_SECONDS, 0
        flush_every = max(1, round(settings.PERFORMANCE_FLUSH_SECONDS * TICKS_PER_SECOND))
        while not self.stopping.wait(max(0.0, due - time.perf_counter())):
            self._note_lag((time.perf_counter() - due) * 1000)
            ticks += 1
            if ticks % TICKS_PER_SECOND == 0:
                self._note_process()
            if ticks % flush_every == 0:
                flush()
            due = time.perf_counter() + TICK_SECONDS

    def _note_lag(self, late_ms: float) -> None:
        late_ms = max(0.0, late_ms)
        metrics.scheduling_lag_seconds.labels(self.role).observe(late_ms / 1000)
        recorder.add(recorder.PROCESS, self.role, "scheduling lag", ms=late_ms)
        while collector.pauses:
            generation, seconds = collector.pauses.popleft()
            metrics.gc_pause_seconds.labels(generation).observe(seconds)
            recorder.add(recorder.PROCESS, self.role, f"gc {generation}", ms=seconds * 1000)

    def _note_process(self) -> None:
        resident = resident_bytes()
        metrics.resident_bytes.labels(self.role).set(resident)
        recorder.peak(recorder.PROCESS, self.role, "memory MB", resident / 1e6)
        cpu = time.process_time()
        metrics.cpu_seconds_total.labels(self.role).inc(cpu - self.cpu_before)
        recorder.add(recorder.PROCESS, self.role, "cpu", ms=(cpu - self.cpu_before) * 1000)
        self.cpu_before = cpu
        self._note_pool()

    def _note_pool(self) -> None:
        """How many asked the pool for a connection, how many of them had to wait, and how long together."""
        pool = getattr(connection, "pool", None)
        if pool is None:
            return
        stats = pool.get_stats()
        seen = (
            stats.get("requests_num", 0),
            stats.get("requests_queued", 0),
            stats.get("requests_wait_ms", 0),
        )
        asked, queued, waited = (
            now - then for now, then in zip(seen, self.waits_before, strict=True)
        )
        self.waits_before = seen
        if asked > 0:
            recorder.waits(self.role, asked=asked, queued=queued, waited_ms=waited)


_running: dict[str, object] = {"pid": 0, "sampler": None}
_starting = threading.Lock()


def start(role: str) -> None:
    """Once in each process, after it was forked; harmless to call for every request."""
    if _running["pid"] == os.getpid() or not settings.PERFORMANCE_FLUSH_SECONDS:
        return
    with _starting:
        if _running["pid"] == os.getpid():
            return
        recorder.take()  # what the parent had counted is the parent's
        sampler = Sampler(role)
        _running.update(pid=os.getpid(), sampler=sampler)
        sampler.start()
        atexit.register(stop)


def stop() -> None:
    """Write down the rest; called when a process ends."""
    sampler = _running["sampler"]
    if isinstance(sampler, Sampler) and _running["pid"] == os.getpid():
        sampler.stopping.set()
        _running["sampler"] = None
        flush()


def flush() -> None:
    """Memory to rows. What can't be written now is kept, and said."""
    rows = recorder.take()
    if not rows:
        return
    try:
        roll_up.write(rows)
    except Error as error:
        recorder.give_back(rows)
        metrics.flushes_total.labels("failed").inc()
        log.warning("performance_not_written", error=type(error).__name__, rows=len(rows))
    else:
        metrics.flushes_total.labels("written").inc()
    finally:
        connection.close()


def resident_bytes() -> int:
    """What this process holds in memory now; 0 where the system does not say."""
    try:
        with open(STATM) as file:  # noqa: PTH123 (ten times quicker, once a second)
            return int(file.read().split()[1]) * PAGE_BYTES
    except FileNotFoundError:
        return 0
