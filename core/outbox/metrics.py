"""What monitoring sees of the outbox. Counters add up over processes; the gauges are the last sweep's reading."""

from datetime import datetime

from django.db.models import Count, Min, Q
from prometheus_client import Counter, Gauge, Histogram

from core.outbox.models import OPEN_STATES, Claim, Delivery, State

deliveries_total = Counter("outbox_deliveries", "Tries, by how they ended", ["handler", "outcome"])
delay_seconds = Histogram(
    "outbox_delay_seconds",
    "From publishing to being taken by a relay that then handed it over",
    ["handler"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
)
open_deliveries = Gauge("outbox_open_deliveries", "Not yet done", multiprocess_mode="mostrecent")
gave_up_deliveries = Gauge(
    "outbox_gave_up_deliveries", "Set aside for a person", multiprocess_mode="mostrecent"
)
oldest_open_seconds = Gauge(
    "outbox_oldest_open_seconds", "Age of the oldest not yet done", multiprocess_mode="mostrecent"
)


def done(claim: Claim, now: datetime) -> None:
    deliveries_total.labels(claim.handler, "done").inc()
    delay_seconds.labels(claim.handler).observe(max(0, (now - claim.published_at).total_seconds()))


def failed(claim: Claim, *, final: bool) -> None:
    deliveries_total.labels(claim.handler, "gave_up" if final else "failed").inc()


def read_backlog(*, now: datetime) -> None:
    """Set the gauges from the rows."""
    unfinished = Delivery.objects.filter(state__in=[*OPEN_STATES, State.GAVE_UP])
    backlog = unfinished.aggregate(
        open=Count("id", filter=Q(state__in=OPEN_STATES)),
        gave_up=Count("id", filter=Q(state=State.GAVE_UP)),
        oldest=Min("message__published_at", filter=Q(state__in=OPEN_STATES)),
    )
    open_deliveries.set(backlog["open"])
    gave_up_deliveries.set(backlog["gave_up"])
    age = (now - backlog["oldest"]).total_seconds() if backlog["oldest"] else 0
    oldest_open_seconds.set(max(0, age))
