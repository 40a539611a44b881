"""RED of every request: how many, how they ended, how long; by route, so that no id is ever in a label."""

from prometheus_client import Gauge, Histogram

# The buckets of OpenTelemetry's http.server.request.duration.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2, 2.5, 5, 7.5, 10)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

request_seconds = Histogram(
    "http_server_request_duration_seconds",
    "Requests, by how they ended; the part is who they were for",
    ["part", "method", "route", "status"],
    buckets=SECONDS,
)
active_requests = Gauge(
    "http_server_active_requests", "Being answered this moment", multiprocess_mode="livesum"
)
server_threads = Gauge(
    "http_server_threads", "Requests that can be answered at once", multiprocess_mode="livesum"
)
heartbeat_at = Gauge(
    "worker_heartbeat_timestamp_seconds",
    "When a task last went from the timetable through the broker to a worker",
    multiprocess_mode="max",
)
