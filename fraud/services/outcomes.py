"""Hears from above what became of each try, and counts it on the try's keys."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from core.errors import Invalid
from core.ids import uuid7
from fraud.models import Assessment, Outcome
from fraud.models.outcome import Kind, bucket
from fraud.subject import Subject
from fraud.subject import keys as keys_of

ADD_TO_BUCKETS = """
    INSERT INTO fraud_keycount (id, key_kind, key, outcome, bucket_at, count, amount_minor)
    SELECT each.id, each.kind, each.key, %(outcome)s, %(bucket_at)s, 1, %(amount_minor)s
    FROM unnest(%(ids)s::uuid[], %(kinds)s::text[], %(keys)s::text[]) AS each (id, kind, key)
    ON CONFLICT (key, outcome, bucket_at) DO UPDATE
    SET count = fraud_keycount.count + 1,
        amount_minor = fraud_keycount.amount_minor + excluded.amount_minor
"""


@transaction.atomic
def record(
    *, payment_id: UUID | str, kind: str, now: datetime, subject: Subject | None = None
) -> Outcome:
    """Counts one outcome of one payment once; a repeat returns what was recorded first.

    Without `subject` the keys are those of the payment's latest assessment.
    """
    if kind not in Kind.values:
        raise Invalid(f"There is no outcome {kind!r}.")
    fresh = _outcome(payment_id, kind, subject, now)
    Outcome.objects.bulk_create([fresh], ignore_conflicts=True)
    kept = Outcome.objects.get(payment_id=payment_id, kind=kind)
    if kept.pk == fresh.pk:
        _count(kept)
    return kept


def _outcome(payment_id: UUID | str, kind: str, subject: Subject | None, now: datetime) -> Outcome:
    outcome = Outcome(payment_id=payment_id, kind=kind, keys={}, happened_at=now)
    source: Subject | Assessment | None = subject or _latest_assessment(payment_id)
    if source is not None:
        outcome.keys = keys_of(source) if isinstance(source, Subject) else source.keys
        outcome.course = source.course
        outcome.amount_minor = source.amount_minor
    return outcome


def _latest_assessment(payment_id: UUID | str) -> Assessment | None:
    return Assessment.objects.filter(payment_id=payment_id).order_by("-assessed_at", "-id").first()


def _count(outcome: Outcome) -> None:
    """Adds to each key's bucket in one statement, keys in one order: two writers never deadlock."""
    pairs = sorted(outcome.keys.items(), key=lambda pair: pair[1])
    if not pairs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            ADD_TO_BUCKETS,
            {
                "ids": [uuid7() for _ in pairs],
                "kinds": [kind for kind, _ in pairs],
                "keys": [key for _, key in pairs],
                "outcome": outcome.kind,
                "bucket_at": bucket(outcome.happened_at),
                "amount_minor": outcome.amount_minor,
            },
        )
