"""Writing down who did what. The entry is part of the caller's transaction: both are kept, or neither."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from core.audit import chain
from core.audit.models import AuditEntry
from core.audit.personal import digested, masked
from core.tracing.propagation import trace_id


def record(
    *,
    subject: str,
    action: str,
    actor: str,
    now: datetime,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add the next link to the chain of `subject`.

    1. Writers of one subject queue on a lock of the database that ends with their transaction; writers
       of different subjects never wait for each other.
    2. The last link is read after the lock was got, in a statement of its own: it sees what is committed.
    """
    with transaction.atomic():
        _queue_for(subject)
        last = AuditEntry.objects.filter(subject=subject).order_by("-sequence").first()
        entry = AuditEntry(
            subject=subject,
            sequence=last.sequence + 1 if last else 1,
            action=action,
            actor=actor,
            reason=masked(reason),
            before=digested(before),
            after=digested(after),
            at=now.astimezone(UTC),
            trace_id=trace_id(),
            previous_hash=last.hash if last else chain.FIRST,
        )
        entry.hash = chain.hash_of(entry)
        entry.save(force_insert=True)
    return entry


def _queue_for(subject: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"audit|{subject}"]
        )
