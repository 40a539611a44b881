"""What monitoring sees of the outbox: counters of what was done, and what waits in the rows."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min, Q
from prometheus_client import Counter, Histogram, Metric

from core.health.readings import age, gauge
from core.outbox.models import OPEN_STATES, Claim, Delivery, State

deliveries_total = Counter("outbox_deliveries", "Tries, by how they ended", ["handler", "outcome"])
delay_seconds = Histogram(
    "outbox_delay_seconds",
    "From publishing to being taken by a relay that then handed it over",
    ["handler"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
)


def done(claim: Claim, now: datetime) -> None:
    deliveries_total.labels(claim.handler, "done").inc()
    delay_seconds.labels(claim.handler).observe(max(0, (now - claim.published_at).total_seconds()))


def failed(claim: Claim, *, final: bool) -> None:
    deliveries_total.labels(claim.handler, "gave_up" if final else "failed").inc()


def backlog(now: datetime) -> Iterator[Metric]:
    """What waits, read from the rows."""
    unfinished = Delivery.objects.filter(state__in=[*OPEN_STATES, State.GAVE_UP])
    found = unfinished.aggregate(
        open=Count("id", filter=Q(state__in=OPEN_STATES)),
        gave_up=Count("id", filter=Q(state=State.GAVE_UP)),
        oldest=Min("message__published_at", filter=Q(state__in=OPEN_STATES)),
    )
    yield gauge("outbox_open_deliveries", "Not yet done", found["open"])
    yield gauge("outbox_gave_up_deliveries", "Set aside for a person", found["gave_up"])
    yield gauge("outbox_oldest_open_seconds", "Of those not yet done", age(found["oldest"], now))
