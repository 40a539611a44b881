"""The numbers of the limits: what they let through and refused, and who counted."""

from prometheus_client import Counter, Gauge

decisions_total = Counter(
    "ratelimit_decisions", "Requests counted", ["limit", "scope", "outcome", "counted_by"]
)
store_failures_total = Counter(
    "ratelimit_store_failures", "Times the shared store did not answer", ["error"]
)
store_away = Gauge(
    "ratelimit_store_away",
    "1 in a process that counts for itself because the shared store is away",
    multiprocess_mode="livemax",
)
