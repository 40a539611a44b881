"""The hourly check: one invariant after the other, each in a task of its own, and what each was found to be kept."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError
from prometheus_client import Metric

from core.health.readings import age, gauge
from core.invariants import runner
from core.invariants.models import Standing

GRACE = timedelta(minutes=10)
log = structlog.get_logger(__name__)


def names() -> list[str]:
    return sorted(each.id for each in runner.ALL)


def check(name: str, *, now: datetime) -> Standing:
    """Over the database alone: Stripe's books are compared by `reconcile`. One that can't be checked says so."""
    begun, broken, failure = time.monotonic(), [], ""
    try:
        report = runner.run(read_books=None, now=now, grace=GRACE, only=name)
        broken = [{"cause": each.cause, "count": each.count} for each in report.violations]
    except (DatabaseError, SoftTimeLimitExceeded) as error:
        failure = f"{type(error).__name__}: {error}"[:300]
    standing, _ = Standing.objects.update_or_create(
        invariant=name,
        defaults={
            "checked_at": now,
            "took_seconds": time.monotonic() - begun,
            "broken": broken,
            "failure": failure,
        },
    )
    if broken or failure:
        log.error("invariant_broken", invariant=name, broken=broken, failure=failure)
    return standing


def read(now: datetime) -> Iterator[Metric]:
    known = {each.invariant: each for each in Standing.objects.filter(invariant__in=names())}
    broken = {name: float(sum(each["count"] for each in row.broken)) for name, row in known.items()}
    yield gauge(
        "invariant_broken_rows", "Rows that break it, at the last check", broken, label="invariant"
    )
    failed = sum(1 for row in known.values() if row.failure)
    yield gauge("invariant_checks_failed", "Invariants that could not be checked", failed)
    oldest = min((row.checked_at for row in known.values()), default=None)
    yield gauge(
        "invariant_oldest_check_seconds",
        "Since the one that was checked longest ago",
        age(oldest, now),
    )
