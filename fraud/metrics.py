"""What monitoring sees of the review queue (how many wait, for how long, how many past their promise) and of the
card-testing alarm."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min, Q
from prometheus_client import Counter, Metric

from core.health.readings import age, gauge
from core.outbox.events import observe
from core.performance import measures
from fraud.events import ReviewDecided
from fraud.models import ReviewCase, SiteAlarm

decisions_total = Counter("review_decisions", "Cases that left the queue", ["decision"])


def connect() -> None:
    """Count what is published; called once, from `ready()`."""
    observe(ReviewDecided, lambda event: decisions_total.labels(event.decision).inc())
    observe(ReviewDecided, lambda event: measures.count("review_decided", event.decision))


def backlog(now: datetime) -> Iterator[Metric]:
    found = ReviewCase.objects.open().aggregate(
        in_time=Count("id", filter=Q(promise_at__gt=now)),
        late=Count("id", filter=Q(promise_at__lte=now)),
        oldest=Min("opened_at"),
        limit=Min("hard_limit_at"),
    )
    amounts = {"yes": found["late"], "no": found["in_time"]}
    yield gauge(
        "review_open", "Waiting for a person; late is past the promise", amounts, label="late"
    )
    yield gauge("review_oldest_open_seconds", "Of those that wait", age(found["oldest"], now))
    left = (found["limit"] - now).total_seconds() if found["limit"] else None
    yield gauge("review_limit_seconds", "Until the first counts as declined", left)
    yield gauge(
        "fraud_site_alarm",
        "1 while cards are being tried out over the whole site",
        float(SiteAlarm.objects.in_force(now).exists()),
    )
