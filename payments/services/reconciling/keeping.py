"""Findings become rows: opened once, ended when a later look no longer finds them."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from payments.models import Difference, DifferenceStatus
from payments.services.reconciling.finding import Finding, Span

_S = DifferenceStatus
STANDING = (_S.OPEN, _S.GIVEN)
GONE = "gateway"


@transaction.atomic
def keep(findings: Collection[Finding], *, now: datetime) -> int:
    """Opens what is new, renews what still stands; returns how many stand. What a person has explained, and is as
    it was then, stays explained."""
    standing = 0
    for finding in findings:
        same = Difference.objects.filter(kind=finding.kind, subject=finding.subject)
        known = same.filter(status__in=STANDING).select_for_update().first()
        if known is None and _explained(same, finding):
            continue
        standing += 1
        if known is None:
            Difference.objects.create(
                kind=finding.kind, subject=finding.subject, payment_id=finding.payment_id,
                happened_at=finding.happened_at, first_seen_at=now, last_seen_at=now,
                **_said(finding),
            )  # fmt: skip
        else:
            Difference.objects.filter(pk=known.pk).update(last_seen_at=now, **_said(finding))
    return standing


def end_others(findings: Collection[Finding], span: Span, *, now: datetime) -> int:
    """Ends what was found in this span before and is not there any more."""
    found = {(each.kind, each.subject) for each in findings}
    rows = Difference.objects.filter(
        status__in=STANDING, happened_at__gte=span.since, happened_at__lt=span.settled
    )
    ended = 0
    for row in rows:
        if (row.kind, row.subject) not in found:
            ended += end(row, now=now)
    return ended


def end(difference: Difference, *, now: datetime) -> int:
    return Difference.objects.filter(pk=difference.pk, status__in=STANDING).update(
        status=_S.GONE, ended_at=now, ended_by=GONE
    )


def _explained(same: object, finding: Finding) -> bool:
    return same.filter(Q(status=_S.EXPLAINED), **_said(finding)).exists()  # type: ignore[attr-defined]


def _said(finding: Finding) -> dict[str, object]:
    return {
        "ours_minor": finding.ours_minor,
        "theirs_minor": finding.theirs_minor,
        "ours_word": finding.ours_word,
        "theirs_word": finding.theirs_word,
    }
