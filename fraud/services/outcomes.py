"""Hears from above what became of each try, and counts it on the try's keys."""

import json
from datetime import datetime
from uuid import UUID

from django.db import connection

from core.errors import Invalid
from core.ids import uuid7
from fraud.models import Assessment, Outcome
from fraud.models.outcome import Kind, bucket
from fraud.subject import Subject
from fraud.subject import keys as keys_of

COUNTED = ("email", "address", "device", "card")

# An outcome that was recorded before is left as it is, and then nothing is counted. The keys come in
# one order, so that two writers never deadlock.
RECORD = """
    WITH fresh AS (
        INSERT INTO fraud_outcome (id, payment_id, kind, keys, course, amount_minor, happened_at)
        VALUES (
            %(id)s, %(payment_id)s, %(kind)s, %(keys)s, %(course)s, %(amount_minor)s,
            %(happened_at)s
        )
        ON CONFLICT (payment_id, kind) DO NOTHING
        RETURNING id, kind, amount_minor
    ), counted AS (
        INSERT INTO fraud_keycount (id, key_kind, key, outcome, bucket_at, count, amount_minor)
        SELECT each.id, each.kind, each.key, fresh.kind, %(bucket_at)s, 1, fresh.amount_minor
        FROM fresh, unnest(%(count_ids)s::uuid[], %(key_kinds)s::text[], %(digests)s::text[])
            AS each (id, kind, key)
        ORDER BY each.key
        ON CONFLICT (key, outcome, bucket_at) DO UPDATE
        SET count = fraud_keycount.count + 1,
            amount_minor = fraud_keycount.amount_minor + excluded.amount_minor
    )
    SELECT id FROM fresh
"""


def record(
    *, payment_id: UUID | str, kind: str, now: datetime, subject: Subject | None = None
) -> Outcome:
    """Counts one outcome of one payment once, in one statement; a repeat returns what was recorded first.

    Without `subject` the keys are those of the payment's latest assessment.
    """
    if kind not in Kind.values:
        raise Invalid(f"There is no outcome {kind!r}.")
    outcome = _outcome(payment_id, kind, subject, now)
    if _insert(outcome):
        return outcome
    return Outcome.objects.get(payment_id=payment_id, kind=kind)


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


def _insert(outcome: Outcome) -> bool:
    """False when the payment already has this outcome; then nothing is counted."""
    counted = {kind: key for kind, key in outcome.keys.items() if kind in COUNTED}
    with connection.cursor() as cursor:
        cursor.execute(
            RECORD,
            {
                "id": outcome.id,
                "payment_id": outcome.payment_id,
                "kind": outcome.kind,
                "keys": json.dumps(outcome.keys),
                "course": outcome.course,
                "amount_minor": outcome.amount_minor,
                "happened_at": outcome.happened_at,
                "bucket_at": bucket(outcome.happened_at),
                "count_ids": [uuid7() for _ in counted],
                "key_kinds": list(counted),
                "digests": list(counted.values()),
            },
        )
        inserted = cursor.rowcount == 1
    outcome._state.adding = not inserted
    return inserted
