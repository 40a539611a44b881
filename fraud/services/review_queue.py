"""The queue of cases as its pages read it: filtered, in order, with what is before and after each."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from fraud.models import Outcome, ReviewCase
from fraud.models.outcome import Kind
from fraud.models.review import ReviewQuerySet, State

SIMILAR_WITHIN = 5
SIMILAR_DAYS = timedelta(days=90)
SIMILAR_MAX = 500


@dataclass(frozen=True, slots=True)
class Filters:
    """`state` is waiting, late or decided; `score_from` and `score_to` are both included."""

    state: str = "waiting"
    score_from: int = 0
    score_to: int = 100
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case stands among those that wait; `number` is 0 when it doesn't."""

    number: int
    waiting: int
    before: ReviewCase | None
    after: ReviewCase | None


@dataclass(frozen=True, slots=True)
class Similar:
    """What became of cases with about this score; `disputed` were approved and then disputed."""

    decided: int
    declined: int
    disputed: int


def cases(*, filters: Filters, now: datetime) -> ReviewQuerySet:
    """The cases of the queue, the most urgent first; decided ones by when, the last first."""
    found = ReviewCase.objects.select_related("assessment")
    if filters.reference:
        found = found.filter(booking_reference=filters.reference)
    elif filters.state == "decided":
        found = found.filter(decided_at__isnull=False)
    else:
        found = found.open()
    if filters.state == "late":
        found = found.filter(promise_at__lte=now)
    if (filters.score_from, filters.score_to) != (0, 100):
        found = found.filter(score__range=(filters.score_from, filters.score_to))
    decided_only = filters.state == "decided" and not filters.reference
    return (
        found.order_by("-decided_at", "id") if decided_only else found.order_by("promise_at", "id")
    )


def last_decided_at() -> datetime | None:
    decided = ReviewCase.objects.filter(decided_at__isnull=False).order_by("-decided_at")
    return decided.values_list("decided_at", flat=True).first()


def place(*, case: ReviewCase, filters: Filters, now: datetime) -> Place:
    """Its number among those that wait under these filters, and its neighbours there."""
    waiting = cases(filters=filters, now=now).filter(state=State.OPEN).select_related(None)
    waiting = waiting.order_by("promise_at", "id")
    earlier = Q(promise_at__lt=case.promise_at) | Q(promise_at=case.promise_at, id__lt=case.id)
    later = Q(promise_at__gt=case.promise_at) | Q(promise_at=case.promise_at, id__gt=case.id)
    return Place(
        number=waiting.filter(earlier).count() + 1 if case.state == State.OPEN else 0,
        waiting=waiting.count(),
        before=waiting.filter(earlier).order_by("-promise_at", "-id").first(),
        after=waiting.filter(later).first(),
    )


def similar(*, case: ReviewCase, now: datetime) -> Similar:
    """The last decisions of 90 days about scores within five points of this one."""
    decided = list(
        ReviewCase.objects.filter(
            score__range=(case.score - SIMILAR_WITHIN, case.score + SIMILAR_WITHIN),
            decided_at__range=(now - SIMILAR_DAYS, now),
            state__in=(State.APPROVED, State.DECLINED),
        )
        .exclude(id=case.id)
        .order_by("-decided_at")
        .values_list("state", "payment_id")[:SIMILAR_MAX]
    )
    approved = [payment for state, payment in decided if state == State.APPROVED]
    disputed = Outcome.objects.filter(payment_id__in=approved, kind=Kind.DISPUTED).count()
    return Similar(len(decided), len(decided) - len(approved), disputed)
