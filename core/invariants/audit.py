"""INV-39: the audit trail is a chain that nobody broke, and what people decide about money is in it."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings

from core.invariants.invariant import Check, Invariant, Row

BATCH = 2000
MEMBERS = (
    "subject", "sequence", "action", "actor", "reason", "before", "after", "at", "trace_id",
    "previous_hash",
)  # fmt: skip


def altered_entries(cursor: Any, values: Mapping[str, Any]) -> Iterator[Row]:
    """Works the hash of every entry out again, with the key that only the settings have."""
    last = 0
    while True:
        cursor.execute(
            f"SELECT id, {', '.join(MEMBERS)}, before::text, after::text, hash FROM audit_auditentry"  # noqa: S608 - this module's own words
            " WHERE id > %s ORDER BY id LIMIT %s",
            [last, BATCH],
        )
        rows = cursor.fetchall()
        if not rows:
            return
        for key, *said, before, after, digest in rows:
            if _digest(dict(zip(MEMBERS, said, strict=True)), before, after) != digest:
                yield {"entry": key, "subject": said[0], "sequence": said[1]}
        last = rows[-1][0]


def _digest(said: dict[str, Any], before: str | None, after: str | None) -> str:
    content = said | {
        "before": None if before is None else json.loads(before),
        "after": None if after is None else json.loads(after),
        "at": said["at"].isoformat(),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    key = hmac.digest(settings.HASH_SALT.encode(), b"purpose|audit", "sha256")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


COMPLETE = Invariant(
    "INV-39",
    "The audit trail is unbroken, and every decision about money has its entry",
    (
        Check(
            "a link of a chain is missing, or does not follow the one before",
            """
            SELECT subject, sequence, why FROM (
                SELECT subject, sequence,
                    CASE WHEN sequence <> row_number() OVER chain THEN 'missing'
                        WHEN previous_hash <> lag(hash, 1, repeat('0', 64)) OVER chain THEN 'does not follow'
                    END AS why
                FROM audit_auditentry WINDOW chain AS (PARTITION BY subject ORDER BY sequence)
            ) AS link WHERE why IS NOT NULL
            """,
        ),
        Check("an entry says something else than when it was written", find=altered_entries),
        Check(
            "a refund was approved by a second person, and the trail does not say so",
            """
            SELECT id AS refund, approved_by FROM payments_refund AS refund
            WHERE approved_by <> '' AND NOT EXISTS (
                SELECT FROM audit_auditentry WHERE subject = 'payments.refund:' || refund.id
                    AND action = 'refund.approved' AND actor = refund.approved_by
            )
            """,
        ),
        Check(
            "a dispute was answered, and the trail does not say by whom",
            """
            SELECT id AS answer, dispute_id AS dispute, decided_by FROM payments_disputeanswer AS answer
            WHERE NOT EXISTS (
                SELECT FROM audit_auditentry WHERE subject = 'payments.dispute:' || answer.dispute_id
                    AND action = 'dispute.' || answer.kind AND actor = answer.decided_by
            )
            """,
        ),
        Check(
            "an invoice was corrected, and the trail does not say by whom",
            """
            SELECT newer.label, newer.replaces_id AS replaces FROM invoicing_document AS newer
            WHERE newer.kind = 'invoice' AND newer.replaces_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM audit_auditentry WHERE subject = 'invoicing.document:' || newer.replaces_id
                    AND action = 'invoice.corrected'
            )
            """,
        ),
    ),
)

INVARIANTS = (COMPLETE,)
