"""What monitoring sees of tracing itself: whether spans get out, and which were lost."""

from prometheus_client import Counter, Gauge

exported_total = Counter("trace_spans_exported", "Spans that the collector took")
dropped_total = Counter(
    "trace_spans_dropped",
    "Spans that never got out: queue_full, export_failed, exit, killed",
    ["reason"],
)
exports_total = Counter("trace_exports", "Batches sent to the collector", ["outcome"])
orphaned_total = Counter(
    "trace_orphaned_spans",
    "Spans begun and never ended, found and closed: killed (their process died), overdue",
    ["reason"],
)
queued_spans = Gauge("trace_queued_spans", "Waiting to be sent", multiprocess_mode="livesum")
open_spans = Gauge("trace_open_spans", "Begun and not ended", multiprocess_mode="livesum")
