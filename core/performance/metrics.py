"""What monitoring sees of the performance recorder."""

from prometheus_client import Counter, Gauge, Histogram

_SHORT = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_LONG = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

request_cpu_seconds = Histogram(
    "perf_request_cpu_seconds",
    "CPU time of a request's own thread, of those looked at closely",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1),
)
request_queries = Histogram(
    "perf_request_queries",
    "Statements of a request, of those looked at closely",
    ["route"],
    buckets=(1, 2, 5, 10, 20, 50, 100),
)
task_seconds = Histogram("perf_task_seconds", "How long a task runs", ["task"], buckets=_LONG)
task_wait_seconds = Histogram(
    "perf_task_wait_seconds", "From giving a task to its beginning", ["queue"], buckets=_LONG
)
gc_pause_seconds = Histogram(
    "perf_gc_pause_seconds", "Pauses for the garbage collector", ["generation"], buckets=_SHORT
)
scheduling_lag_seconds = Histogram(
    "perf_scheduling_lag_seconds",
    "How late a thread that sleeps wakes: waiting for the GIL and for a processor",
    ["role"],
    buckets=_SHORT,
)
loop_lag_seconds = Histogram(
    "perf_loop_lag_seconds", "How late the event loop runs what is due", buckets=_SHORT
)
resident_bytes = Gauge(
    "perf_resident_memory_bytes", "Memory of all processes", ["role"], multiprocess_mode="livesum"
)
cpu_seconds_total = Counter("perf_cpu_seconds", "Processor time of all processes", ["role"])
dropped_total = Counter("perf_dropped", "Measurements for which there was no room in memory")
flushes_total = Counter("perf_flushes", "Writings down, by how they ended", ["outcome"])
