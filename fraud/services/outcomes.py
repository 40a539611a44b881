"""Hears from above what became of each try, and puts it down for the profiles of the try's keys."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from maxminddb import InvalidDatabaseError

from core.errors import Invalid
from fraud.history import ledger
from fraud.models import Assessment, Outcome
from fraud.models.outcome import HAPPENINGS, Kind
from fraud.selectors_facts import place_of
from fraud.services import list_learning
from fraud.subject import Subject
from fraud.subject import keys as keys_of

MATURE_AFTER = timedelta(days=90)
FRAUDS = [kind for kind, happening in HAPPENINGS.items() if happening == ledger.FRAUD]

# An outcome that was recorded before is left as it is, and then no key hears of it. Rows are only
# added, so writers neither wait for each other nor deadlock. One fraud heard of twice is learned once.
RECORD = """
    WITH fresh AS (
        INSERT INTO fraud_outcome (
            id, payment_id, kind, keys, course, amount_minor, country, happened_at
        )
        VALUES (
            %(id)s, %(payment_id)s, %(kind)s, %(keys)s, %(course)s, %(amount_minor)s, %(country)s,
            %(happened_at)s
        )
        ON CONFLICT (payment_id, kind) DO NOTHING
        RETURNING id
    ), told AS (
        INSERT INTO fraud_pendingoutcome (key, key_kind, outcome_id)
        SELECT each.key, each.kind, fresh.id
        FROM fresh, unnest(%(digests)s::text[], %(key_kinds)s::text[]) AS each (key, kind)
        WHERE %(kind)s <> ALL (%(frauds)s) OR NOT EXISTS (
            SELECT 1 FROM fraud_outcome
            WHERE payment_id = %(payment_id)s AND kind = ANY (%(frauds)s)
        )
    )
    SELECT id FROM fresh
"""
# Payments old enough that nobody will dispute them any more.
MATURED = """
    SELECT paid.payment_id FROM fraud_outcome AS paid
    WHERE paid.kind = 'succeeded' AND paid.happened_at < %(before)s AND NOT EXISTS (
        SELECT 1 FROM fraud_outcome AS labelled
        WHERE labelled.payment_id = paid.payment_id AND labelled.kind = ANY (%(labels)s)
    )
    ORDER BY paid.happened_at DESC LIMIT %(limit)s
"""


def record(
    *, payment_id: UUID | str, kind: str, now: datetime, subject: Subject | None = None
) -> Outcome:
    """Puts down one outcome of one payment once, in one statement; a repeat returns what was recorded
    first. Without `subject` the keys are those of the payment's latest assessment. A confirmed fraud
    teaches the lists."""
    if kind not in Kind.values:
        raise Invalid(f"There is no outcome {kind!r}.")
    outcome = _outcome(payment_id, kind, subject, now)
    if _insert(outcome):
        if kind in list_learning.WHY:
            list_learning.learn(payment_id=payment_id, why=kind, now=now)
        return outcome
    return Outcome.objects.get(payment_id=payment_id, kind=kind)


def mature(*, now: datetime, limit: int = 1000) -> int:
    """Calls genuine what was paid long ago and never disputed; how many payments."""
    labels = [kind for kind, happening in HAPPENINGS.items() if happening in ("fraud", "genuine")]
    values: dict[str, Any] = {"before": now - MATURE_AFTER, "labels": labels, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(MATURED, values)
        due = [payment_id for (payment_id,) in cursor.fetchall()]
    for payment_id in due:
        record(payment_id=payment_id, kind=Kind.MATURED, now=now)
    return len(due)


def _outcome(payment_id: UUID | str, kind: str, subject: Subject | None, now: datetime) -> Outcome:
    outcome = Outcome(payment_id=payment_id, kind=kind, keys={}, country="", happened_at=now)
    source: Subject | Assessment | None = subject or _latest_assessment(payment_id)
    if source is not None:
        outcome.keys = keys_of(source) if isinstance(source, Subject) else source.keys
        outcome.course = source.course
        outcome.amount_minor = source.amount_minor
    if subject is not None and subject.address and kind == Kind.ATTEMPT:
        outcome.country = _country(subject.address)
    return outcome


def _country(address: str) -> str:
    try:
        return place_of(address).whereabouts
    except (OSError, InvalidDatabaseError):
        return ""  # counted where the facts are gathered


def _latest_assessment(payment_id: UUID | str) -> Assessment | None:
    return Assessment.objects.filter(payment_id=payment_id).order_by("-assessed_at", "-id").first()


def _insert(outcome: Outcome) -> bool:
    """False when the payment already has this outcome; then no key hears of it."""
    concerned = ledger.concerned(HAPPENINGS[outcome.kind])
    told = {kind: key for kind, key in outcome.keys.items() if kind in concerned}
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
                "country": outcome.country,
                "happened_at": outcome.happened_at,
                "key_kinds": list(told),
                "digests": list(told.values()),
                "frauds": FRAUDS,
            },
        )
        inserted = cursor.rowcount == 1
    outcome._state.adding = not inserted
    return inserted
