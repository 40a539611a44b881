"""What monitoring sees of the probe and of the pay page."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import Counter, Gauge, Metric

from core.health.readings import gauge
from payments.probe.walk import Walk

checks_total = Counter("payment_page_checks", "Looks at the pay page", ["outcome"])
probes_total = Counter("booking_probes", "Synthetic bookings", ["outcome"])
probe_ok = Gauge("booking_probe_ok", "The last one came through", multiprocess_mode="mostrecent")
probe_seconds = Gauge(
    "booking_probe_step_seconds", "Of the last one", ["step"], multiprocess_mode="mostrecent"
)


def told(outcome: str) -> None:
    checks_total.labels(outcome).inc()


def walked(walk: Walk) -> None:
    probes_total.labels("ok" if walk.ok else "failed").inc()
    probe_ok.set(int(walk.ok))
    for step, ms in walk.steps.items():
        probe_seconds.labels(step).set(ms / 1000)


def read_page_check(now: datetime) -> Iterator[Metric]:
    """From the audit trail: whether the pay page is as it was kept, and when that was last looked at."""
    from payments.probe import checking

    last = checking.latest()
    if last is None:
        return
    yield gauge("payment_page_changed", "1: not as kept", int(last.action == checking.CHANGED))
    age = (now - last.at).total_seconds()
    yield gauge("payment_page_check_age_seconds", "Since the last look", age)
