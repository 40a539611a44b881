"""The way out for spans: a bounded queue and one thread, which never make the work wait.

A full queue drops what comes, and counts it. A batch that the collector did not take goes back into the queue, and
the collector is left alone for a while that grows to half a minute. At the end of the process what is left is sent,
within a few seconds.
"""

import threading
import time
from collections import deque
from pathlib import Path

import structlog
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode

from core.tracing import metrics, orphans
from core.tracing.cleaning import cleaned

QUEUE_SPANS_MAX = 4096
BATCH_SPANS_MAX = 512
PAUSE_SECONDS = 1.0
REST_SECONDS_MAX = 30.0
FLUSH_SECONDS_MAX = 3.0
LOOK_AROUND_SECONDS = 10.0
# Longer than any request or task may take.
SPAN_SECONDS_MAX = 900.0

log = structlog.get_logger(__name__)


class Outbound(SpanProcessor):
    def __init__(
        self,
        exporter: SpanExporter,
        *,
        folder: Path,
        service: str,
        queue_max: int = QUEUE_SPANS_MAX,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._exporter, self._queue_max, self._pause = exporter, queue_max, pause_seconds
        self._folder = folder
        self._ledger = orphans.Ledger(folder, service)
        self._queue: deque[ReadableSpan] = deque()
        self._in_hand = 0
        self._wake, self._ending = threading.Event(), threading.Event()
        self._failures, self._resting_until, self._looked_at = 0, 0.0, 0.0
        self._thread = threading.Thread(target=self._run, name="spans-outbound", daemon=True)
        self._thread.start()

    # --- Called by who works ------------------------------------------------------------------------

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if span.kind is not SpanKind.CLIENT:
            self._ledger.begin(span)

    def on_end(self, span: ReadableSpan) -> None:
        if span.kind is not SpanKind.CLIENT and span.context:
            self._ledger.end(span.context.span_id, span.end_time or 0)
        self._put(span)

    def shutdown(self) -> None:
        """Send what is left, for so long; what then is left is lost and counted."""
        self._ending.set()
        self._wake.set()
        self._thread.join(FLUSH_SECONDS_MAX)
        lost = len(self._queue)
        if lost:
            metrics.dropped_total.labels("exit").inc(lost)
            self._queue.clear()
        self._exporter.shutdown()
        metrics.queued_spans.set(0)
        metrics.open_spans.set(0)
        self._ledger.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Wait until the queue is empty; False when time ran out."""
        until = time.monotonic() + timeout_millis / 1000
        while (self._queue or self._in_hand) and time.monotonic() < until:
            self._wake.set()
            self._ending.wait(0.01)
        return not self._queue and not self._in_hand

    def abandon(self) -> None:
        """In a child of a fork: thread, queue and file are the parent's."""
        self._queue.clear()
        self._ledger.forget()

    # --- The thread -----------------------------------------------------------------------------------

    def _put(self, span: ReadableSpan) -> None:
        if len(self._queue) >= self._queue_max:
            metrics.dropped_total.labels("queue_full").inc()
            return
        self._queue.append(span)
        if len(self._queue) >= BATCH_SPANS_MAX:
            self._wake.set()

    def _run(self) -> None:
        while not self._ending.is_set():
            self._wake.wait(self._pause)
            self._wake.clear()
            if time.monotonic() >= self._looked_at + LOOK_AROUND_SECONDS:
                self._look_around()
            self._send_all()
        self._resting_until = 0.0
        self._send_all()

    def _send_all(self) -> None:
        """Batch after batch, unless the collector is left alone for now."""
        while self._queue and time.monotonic() >= self._resting_until:
            self._in_hand = min(len(self._queue), BATCH_SPANS_MAX)
            batch = [self._queue.popleft() for _ in range(self._in_hand)]
            if self._sent(batch):
                self._failures = 0
                metrics.exported_total.inc(len(batch))
            else:
                self._rest(batch)
            self._in_hand = 0
        metrics.queued_spans.set(len(self._queue))
        metrics.open_spans.set(len(self._ledger.open))
        self._ledger.note_unsent(len(self._queue))

    def _sent(self, batch: list[ReadableSpan]) -> bool:
        try:
            result = self._exporter.export([cleaned(span) for span in batch])
        except Exception as error:
            # Whatever it is, this thread is the only way out and must go on.
            log.warning("trace_export_raised", error=type(error).__name__)
            result = SpanExportResult.FAILURE
        sent = result is SpanExportResult.SUCCESS
        metrics.exports_total.labels("ok" if sent else "failed").inc()
        return sent

    def _rest(self, batch: list[ReadableSpan]) -> None:
        self._failures += 1
        room = max(0, self._queue_max - len(self._queue))
        self._queue.extendleft(reversed(batch[:room]))
        if len(batch) > room:
            metrics.dropped_total.labels("export_failed").inc(len(batch) - room)
        seconds = min(REST_SECONDS_MAX, 2.0**self._failures)
        self._resting_until = time.monotonic() + seconds
        if self._failures == 1:
            log.warning("trace_collector_away", spans=len(batch))

    def _look_around(self) -> None:
        """Find the spans that nobody will end: of dead processes, and of this one beyond any sensible age."""
        self._looked_at = time.monotonic()
        for estate in orphans.estates(self._folder):
            metrics.dropped_total.labels("killed").inc(estate.unsent)
            for orphan in estate.orphans:
                metrics.orphaned_total.labels("killed").inc()
                self._put(_ended(orphan))
            if estate.orphans:
                log.warning("trace_orphans_closed", spans=len(estate.orphans), reason="killed")
        before_ns = time.time_ns() - int(SPAN_SECONDS_MAX * 1e9)
        for span in self._ledger.overdue(before_ns=before_ns):
            metrics.orphaned_total.labels("overdue").inc()
            span.set_attribute("rft.orphaned", "overdue")
            span.set_status(Status(StatusCode.ERROR, "overdue"))
            span.end()


def _ended(orphan: orphans.Orphan) -> ReadableSpan:
    from core.tracing import provider

    return ReadableSpan(
        name=orphan.name,
        context=orphan.context,
        parent=orphan.parent,
        resource=provider.resource(orphan.service),
        kind=orphan.kind,
        attributes={"rft.orphaned": "killed", "error.type": "process_died"},
        status=Status(StatusCode.ERROR, "process_died"),
        start_time=orphan.began_ns,
        end_time=orphan.seen_ns,
        instrumentation_scope=provider.SCOPE,
    )
