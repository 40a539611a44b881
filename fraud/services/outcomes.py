"""Hears from above what became of each try, and puts it down for the profiles of the try's keys."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from maxminddb import InvalidDatabaseError

from core.database.patience import patience
from core.errors import Invalid
from fraud.history import ledger
from fraud.models import Assessment, Outcome
from fraud.models.outcome import HAPPENINGS, Kind
from fraud.selectors_facts import place_of
from fraud.services import list_learning
from fraud.subject import Subject
from fraud.subject import keys as keys_of

MATURE_AFTER = timedelta(days=90)
PUT_DOWN_LATE = timedelta(days=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
LABELS = [kind for kind, happening in HAPPENINGS.items() if happening in ledger.LABELS]

# An outcome that was recorded before is left as it is, and then no key hears of it. Rows are only
# added, so writers neither wait for each other nor deadlock.
RECORD = """
    WITH fresh AS (
        INSERT INTO fraud_outcome (
            id, payment_id, kind, keys, course, amount_minor, country, happened_at, replaces_at
        )
        VALUES (
            %(id)s, %(payment_id)s, %(kind)s, %(keys)s, %(course)s, %(amount_minor)s, %(country)s,
            %(happened_at)s, %(replaces_at)s
        )
        ON CONFLICT (payment_id, kind) DO NOTHING
        RETURNING id
    ), told AS (
        INSERT INTO fraud_pendingoutcome (key, key_kind, outcome_id)
        SELECT each.key, each.kind, fresh.id
        FROM fresh, unnest(%(digests)s::text[], %(key_kinds)s::text[]) AS each (key, kind)
    )
    SELECT id FROM fresh
"""
# When the payment that matured last was paid: all before it are known already.
MATURED_UNTIL = """
    SELECT happened_at FROM fraud_outcome
    WHERE kind = 'succeeded' AND payment_id = (
        SELECT payment_id FROM fraud_outcome WHERE kind = 'matured'
        ORDER BY happened_at DESC LIMIT 1
    )
"""
# Payments old enough that nobody will dispute them any more, the oldest first. A plan that
# joined all labels would read the whole history to find a day's.
MATURED = """
    SELECT paid.payment_id FROM fraud_outcome AS paid
    WHERE paid.kind = 'succeeded'
        AND paid.happened_at >= %(since)s AND paid.happened_at < %(before)s
        AND (
            SELECT 1 FROM fraud_outcome AS labelled
            WHERE labelled.payment_id = paid.payment_id AND labelled.kind = ANY (%(labels)s) LIMIT 1
        ) IS NULL
    ORDER BY paid.happened_at LIMIT %(limit)s
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
    if _insert_label(outcome) if kind in LABELS else _insert(outcome, outcome.keys):
        if kind in list_learning.WHY:
            list_learning.learn(payment_id=payment_id, why=kind, now=now)
        return outcome
    return Outcome.objects.get(payment_id=payment_id, kind=kind)


def mature(*, now: datetime, limit: int = 1000) -> int:
    """Calls genuine what was paid long ago and never disputed, the oldest first; how many payments."""
    values: dict[str, Any] = {"before": now - MATURE_AFTER, "labels": LABELS, "limit": limit}
    with patience(), connection.cursor() as cursor:
        cursor.execute(MATURED_UNTIL)
        known = cursor.fetchone()
        cursor.execute(MATURED, values | {"since": known[0] - PUT_DOWN_LATE if known else LONG_AGO})
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


@transaction.atomic
def _insert_label(outcome: Outcome) -> bool:
    """A payment is known once, with what was said of it last: the keys hear nothing of a fraud that is heard of
    again, and of a change of mind what it replaces."""
    _wait_for_other_labels(outcome)
    before = _label_in_force(outcome.payment_id)
    if before is None:
        return _insert(outcome, outcome.keys)
    happening, at = before
    if happening == HAPPENINGS[outcome.kind]:
        return _insert(outcome, {})
    outcome.replaces_at = at
    return _insert(outcome, outcome.keys)


def _wait_for_other_labels(outcome: Outcome) -> None:
    """A bank's warning and its dispute may come at one moment: each must see the other, or both are learned."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(outcome.payment_id)]
        )


def _label_in_force(payment_id: UUID) -> tuple[str, datetime] | None:
    told = Outcome.objects.filter(payment_id=payment_id, kind__in=LABELS)
    rows = told.order_by("happened_at", "id").values_list("kind", "happened_at")
    return ledger.label_in_force((HAPPENINGS[kind], at) for kind, at in rows)


def _insert(outcome: Outcome, keys: dict[str, str]) -> bool:
    """False when the payment already has this outcome; then no key hears of it."""
    concerned = ledger.concerned(HAPPENINGS[outcome.kind])
    told = {kind: key for kind, key in keys.items() if kind in concerned}
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
                "replaces_at": outcome.replaces_at,
                "digests": list(told.values()),
            },
        )
        inserted = cursor.rowcount == 1
    outcome._state.adding = not inserted
    return inserted
