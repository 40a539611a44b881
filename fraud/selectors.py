"""What others may ask of fraud, and the facts that an assessment rests on."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from core.errors import NotFound
from fraud.models import Assessment, ReviewCase
from fraud.models.outcome import Kind, bucket
from fraud.subject import Facts, Subject, Tries

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
REFUSED = (Kind.DECLINED.value, Kind.BLOCKED.value)
COURSE_AMOUNTS = 200

# The payment's own outcomes; how often each key met each outcome in the last hour and day; what was
# last paid for the course.
FACTS = """
    SELECT
        (
            SELECT coalesce(json_agg(json_build_array(kind, happened_at, keys)), '[]')
            FROM fraud_outcome WHERE payment_id = %(payment)s
        ),
        (
            SELECT coalesce(json_agg(json_build_array(key, outcome, hour, day)), '[]')
            FROM (
                SELECT key, outcome, sum(count) AS day,
                    coalesce(sum(count) FILTER (WHERE bucket_at >= %(hour_ago)s), 0) AS hour
                FROM fraud_keycount
                WHERE key = ANY (%(keys)s) AND outcome = ANY (%(counted)s)
                    AND bucket_at BETWEEN %(day_ago)s AND %(now)s
                GROUP BY key, outcome
            ) AS counts
        ),
        ARRAY (
            SELECT amount_minor FROM fraud_outcome
            WHERE course = %(course)s AND kind = 'succeeded' AND payment_id <> %(payment)s
            ORDER BY happened_at DESC LIMIT %(amounts_max)s
        )
"""


class CaseNotFound(NotFound):
    code = "case_not_found"
    detail = "We can’t find that review."


def facts(*, subject: Subject, keys: dict[str, str], now: datetime) -> Facts:
    """What history says of these keys and this course, the present payment left out. One
    statement, each of its parts bounded by its window or its limit."""
    values: dict[str, Any] = {
        "payment": subject.payment_id,
        "course": subject.course,
        "keys": list(keys.values()),
        "counted": [Kind.ATTEMPT.value, *REFUSED],
        "hour_ago": bucket(now - HOUR),
        "day_ago": bucket(now - DAY),
        "now": now,
        "amounts_max": COURSE_AMOUNTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(FACTS, values)
        own, counts, course_amounts = cursor.fetchone()
    mine = [(kind, datetime.fromisoformat(at), digests) for kind, at, digests in own]
    found = {(key, outcome): (hour, day) for key, outcome, hour, day in counts}
    return Facts(
        tries={kind: _tries(key, found, mine, now) for kind, key in keys.items()},
        course_amounts=tuple(course_amounts),
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
