"""What others may ask of fraud, and the facts that an assessment rests on."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, Sum

from core.errors import NotFound
from fraud.models import Assessment, KeyCount, Outcome, ReviewCase
from fraud.models.outcome import Kind, bucket
from fraud.subject import Facts, Subject, Tries

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
REFUSED = (Kind.DECLINED, Kind.BLOCKED)
COURSE_AMOUNTS = 200


class CaseNotFound(NotFound):
    code = "case_not_found"
    detail = "We can't find that review."


def facts(*, subject: Subject, keys: dict[str, str], now: datetime) -> Facts:
    """What history says of these keys and this course, the present payment left out. Three
    statements, each bounded by its window or its limit."""
    own = list(
        Outcome.objects.filter(payment_id=subject.payment_id).values_list(
            "kind", "happened_at", "keys"
        )
    )
    counts = _counts(keys, now)
    return Facts(
        tries={kind: _tries(key, counts, own, now) for kind, key in keys.items()},
        course_amounts=_course_amounts(subject),
    )


def case(case_id: UUID | str) -> ReviewCase:
    try:
        return ReviewCase.objects.select_related("assessment").get(id=case_id)
    except ReviewCase.DoesNotExist:
        raise CaseNotFound from None


def case_of(payment_id: UUID | str) -> ReviewCase | None:
    return ReviewCase.objects.select_related("assessment").filter(payment_id=payment_id).first()


def open_cases() -> list[ReviewCase]:
    """The queue, the most urgent first."""
    return list(ReviewCase.objects.open().select_related("assessment").order_by("promise_at"))


def assessments_of(payment_id: UUID | str) -> list[Assessment]:
    """At most one for each stage, in the order they were made."""
    return list(Assessment.objects.filter(payment_id=payment_id).order_by("assessed_at", "id"))


def _counts(keys: dict[str, str], now: datetime) -> dict[tuple[str, str], tuple[int, int]]:
    """(key, outcome) -> how many in the last hour, in the last day."""
    hour_ago, day_ago = bucket(now - HOUR), bucket(now - DAY)
    rows = (
        KeyCount.objects.filter(
            key__in=list(keys.values()),
            outcome__in=[Kind.ATTEMPT, *REFUSED],
            bucket_at__gte=day_ago,
            bucket_at__lte=now,
        )
        .values_list("key", "outcome")
        .annotate(hour=Sum("count", filter=Q(bucket_at__gte=hour_ago), default=0), day=Sum("count"))
    )
    return {(key, outcome): (hour, day) for key, outcome, hour, day in rows}


def _tries(
    key: str,
    counts: dict[tuple[str, str], tuple[int, int]],
    own: list[tuple[str, datetime, dict[str, str]]],
    now: datetime,
) -> Tries:
    mine = [(kind, bucket(at)) for kind, at, keys in own if key in keys.values()]
    tries = counts.get((key, Kind.ATTEMPT), (0, 0))[0]
    refused = sum(counts.get((key, kind), (0, 0))[1] for kind in REFUSED)
    tries -= sum(kind == Kind.ATTEMPT and at >= bucket(now - HOUR) for kind, at in mine)
    refused -= sum(kind in REFUSED and at >= bucket(now - DAY) for kind, at in mine)
    return Tries(tries_hour=max(tries, 0), refused_day=max(refused, 0))


def _course_amounts(subject: Subject) -> tuple[int, ...]:
    paid = Outcome.objects.filter(course=subject.course, kind=Kind.SUCCEEDED)
    latest = paid.exclude(payment_id=subject.payment_id).order_by("-happened_at")
    return tuple(latest.values_list("amount_minor", flat=True)[:COURSE_AMOUNTS])
