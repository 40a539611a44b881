"""What others may ask of fraud, and the facts that an assessment rests on."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from core.errors import NotFound
from fraud.history import windows
from fraud.history.facts import Facts
from fraud.history.profile import COLUMNS, Own, Profile
from fraud.models import Assessment, ReviewCase
from fraud.models.outcome import bucket
from fraud.subject import Subject

DAY = timedelta(days=1)
COURSE_AMOUNTS = 200

# The payment's own outcomes; how often each key met each outcome in the last day; what was last paid
# for the course.
FACTS = """
    SELECT
        (
            SELECT coalesce(json_agg(json_build_array(kind, happened_at, keys)), '[]')
            FROM fraud_outcome WHERE payment_id = %(payment)s
        ),
        (
            SELECT coalesce(json_agg(json_build_array(key, outcome, bucket_at, count)), '[]')
            FROM fraud_keycount
            WHERE key = ANY (%(keys)s) AND outcome = ANY (%(counted)s)
                AND bucket_at BETWEEN %(day_ago)s AND %(now)s
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
        "counted": list(COLUMNS),
        "day_ago": bucket(now - DAY),
        "now": now,
        "amounts_max": COURSE_AMOUNTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(FACTS, values)
        own, counts, course_amounts = cursor.fetchone()
    profiles = {kind: Profile(kind) for kind in keys}
    by_key = {key: profiles[kind] for kind, key in keys.items()}
    for key, outcome, at, count in counts:
        _count(by_key[key], COLUMNS[outcome], _second(at), count)
    if course_amounts:
        profiles["course"].amounts = list(reversed(course_amounts))
    mine = tuple((kind, _second(at)) for kind, at, _keys in own)
    return Facts(
        now=int(now.timestamp()),
        keys=keys,
        profiles=profiles,
        own=Own(mine, subject.amount_minor),
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


def _count(profile: Profile, column: int, at: int, count: int) -> None:
    windows.add(profile.rows, at, column, count)
    profile.total[column - 1] += count


def _second(at: str) -> int:
    return int(datetime.fromisoformat(at).timestamp())
