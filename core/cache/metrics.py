"""What monitoring sees. The counters are brought up to date by the keeper, so that a hit costs nothing for it."""

from prometheus_client import Counter, Gauge, Histogram

from core.cache import stats

requests_total = Counter(
    "cache_requests",
    "Questions, by who answered: local, shared, missed, stale, passed",
    ["family", "layer"],
)
waits_total = Counter("cache_stampede_waits", "Waited for somebody else's making", ["family"])
evictions_total = Counter("cache_evictions", "Left for want of room", ["family"])
late_total = Counter("cache_late_makings", "Not kept: invalidated while being made", ["family"])
failures_total = Counter("cache_failed_makings", "Failed or took too long", ["family"])
shared_errors_total = Counter("cache_shared_errors", "Valkey did not answer", ["error"])
invalidations_total = Counter("cache_invalidations", "What was forgotten", ["source"])
flushes_total = Counter("cache_local_flushes", "Whole memory forgotten", ["why"])
invalidation_lag_seconds = Histogram(
    "cache_invalidation_lag_seconds",
    "From the commit in one process to the forgetting in another",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
waiting_invalidations = Gauge(
    "cache_waiting_invalidations", "Not yet told to the others", multiprocess_mode="livesum"
)
listening = Gauge(
    "cache_listening", "1 while invalidations of others are heard", multiprocess_mode="livemin"
)
entries = Gauge(
    "cache_local_entries", "Values in the processes' memories", ["family"], multiprocess_mode="livesum"
)  # fmt: skip
size_bytes = Gauge(
    "cache_local_bytes", "What they weigh", ["family"], multiprocess_mode="livesum"
)  # fmt: skip
oldest_seconds = Gauge(
    "cache_oldest_seconds", "Age of the oldest", ["family"], multiprocess_mode="livemax"
)

LAYERS = ("local", "shared", "missed", "stale", "passed")
OTHERS = {
    "waited": waits_total,
    "evicted": evictions_total,
    "late": late_total,
    "failed": failures_total,
}


def count(family: str, grown: dict[str, int]) -> None:
    """By how much each of `stats.NAMES` has grown."""
    assert set(grown) <= set(stats.NAMES)
    for name, amount in grown.items():
        if not amount:
            continue
        if name in LAYERS:
            requests_total.labels(family, name).inc(amount)
        else:
            OTHERS[name].labels(family).inc(amount)
