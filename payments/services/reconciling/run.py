"""One comparison of our books with Stripe's, from the first question to the rows that a person sees."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from core import clock
from core.errors import Conflict
from payments.models import Reconciliation
from payments.services import ledger
from payments.services.reconciling import balance, given_back, keeping, missed, taken
from payments.services.reconciling.finding import Finding, Span

log = structlog.get_logger(__name__)
SLOT, LONGEST = "running", timedelta(minutes=30)
# What is younger may still be on its way to us.
SETTLES = timedelta(minutes=5)
RECENT = timedelta(hours=48)
SLICE = timedelta(days=20)


class UnderWay(Conflict):
    code = "reconciliation_under_way"
    detail = "A comparison is under way. Look again in a few minutes."


def recent(*, now: datetime) -> Reconciliation:
    """The last 48 hours."""
    return reconcile(since=now - RECENT, until=now, now=now)


def full(*, now: datetime) -> Reconciliation:
    """As far back as the settings say."""
    since = now - timedelta(days=settings.RECONCILE_DAYS)
    return reconcile(since=since, until=now, now=now)


def slice_of_all(*, nth: int, now: datetime) -> bool:
    """The nth slice of `full`, counted from now back; False when it was the last."""
    oldest = now - timedelta(days=settings.RECONCILE_DAYS)
    until = now - nth * SLICE
    if until <= oldest:
        return False
    reconcile(since=max(until - SLICE, oldest), until=until, now=now)
    return until - SLICE > oldest


def reconcile(*, since: datetime, until: datetime, now: datetime) -> Reconciliation:
    """Fetches missed messages, mirrors the balance, compares, and keeps what differs. A second one at the same time
    raises UnderWay; what the gateway raises is kept with the run and raised again."""
    span = Span(since=since, until=until, settled=now - SETTLES)
    row = _begin(since, until, now)
    try:
        _fill(row, span, now)
    except Exception as error:
        row.failure = f"{type(error).__name__}: {error}"[:200]
        raise
    finally:
        row.slot, row.finished_at = None, max(now, clock.now())
        row.save()
    return row


def _begin(since: datetime, until: datetime, now: datetime) -> Reconciliation:
    """One at a time; one that died in the middle stands in nobody's way for long."""
    died = Reconciliation.objects.filter(slot=SLOT, started_at__lt=now - LONGEST)
    died.update(slot=None, failure="It ended in the middle.")
    try:
        with transaction.atomic():
            return Reconciliation.objects.create(
                slot=SLOT, since=since, until=until, started_at=now
            )
    except IntegrityError:
        raise UnderWay from None


def _fill(row: Reconciliation, span: Span, now: datetime) -> None:
    compared: Counter[str] = Counter()
    findings: list[Finding] = []
    row.fetched_events = missed.fetch(span, now=now)
    for name, seen in (
        ("payments", taken.compare(span)),
        ("refunds", given_back.compare(span)),
        ("disputes", given_back.compare_disputes(span)),
        ("balance", balance.mirror(span, now=now)),
        ("ledger", balance.compare(span)),
    ):
        _sort(name, seen, compared, findings)
    row.compared = dict(compared)
    row.differences = keeping.keep(findings, now=now)
    keeping.end_others(findings, span, now=now)
    ledger.seal_days(now=now)
    if findings:
        log.error("books_differ", differences=row.differences)


def _sort(
    name: str, seen: Iterable[Finding | int], compared: Counter[str], findings: list[Finding]
) -> None:
    compared[name] = 0
    for each in seen:
        if isinstance(each, Finding):
            findings.append(each)
        else:
            compared[name] += each
