"""INV-35 to 38: the papers are numbered without a gap, in the order of their dates, complete, and as issued."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from core.invariants.invariant import Check, Invariant, Row
from core.invariants.sealed import Unopenable, opened, opened_json

BATCH = 500

GAPLESS = Invariant(
    "INV-35",
    "Each series and year counts from one without a gap or a double",
    (
        Check(
            "numbers are missing or doubled",
            """
            SELECT series, year, count(*) AS documents, min(number) AS first, max(number) AS last
            FROM invoicing_document GROUP BY series, year
            HAVING min(number) <> 1 OR count(*) <> max(number) OR count(DISTINCT number) <> count(*)
            """,
        ),
        Check(
            "the counter has given out another number of numbers than there are documents",
            """
            SELECT series, year, c.last_number, count(d.id) AS documents FROM invoicing_counter c
            FULL JOIN invoicing_document d USING (series, year) GROUP BY series, year, c.last_number
            HAVING c.last_number IS DISTINCT FROM count(d.id)
            """,
        ),
        Check(
            "a document bears another number than its row",
            """
            SELECT id AS document, label, series, year, number FROM invoicing_document
            WHERE label <> series || '-' || year || '-' || lpad(number::text, greatest(5, length(number::text)), '0')
            """,
        ),
    ),
)

MONOTONE = Invariant(
    "INV-36",
    "Dates never run backwards as numbers rise, and the year is London's",
    (
        Check(
            "a later number bears an earlier moment",
            """
            SELECT * FROM (
                SELECT label, issued_at, lag(issued_at) OVER (PARTITION BY series, year ORDER BY number) AS was
                FROM invoicing_document
            ) AS issued WHERE issued_at < was
            """,
        ),
        Check(
            "a number is of another year than its date in London",
            """
            SELECT label, issued_at, year FROM invoicing_document
            WHERE extract(year FROM issued_at AT TIME ZONE 'Europe/London') <> year
            """,
        ),
    ),
)


def altered_documents(cursor: Any, values: Mapping[str, Any]) -> Iterator[Row]:
    """Works the hash of every document out again from its row."""
    cursor.execute(
        """
        SELECT id, kind, label, issued_at, tax_point, booking_reference, refers_to_id, currency, net_minor, vat_minor,
            gross_minor, seller::text, lines::text, private, content_hash, is_correction, replaces_id FROM invoicing_document ORDER BY id
        """
    )
    names = [column[0] for column in cursor.description]
    for row in cursor.fetchall():
        facts = dict(zip(names, row, strict=True))
        why = _alteration(facts)
        if why:
            yield {"document": facts["id"], "label": facts["label"], "why": why}


def altered_files(cursor: Any, values: Mapping[str, Any]) -> Iterator[Row]:
    """Compares the digest of every PDF with the one that was noted when it was made."""
    cursor.execute("SELECT document_id FROM invoicing_file ORDER BY 1")
    ids = [row[0] for row in cursor.fetchall()]
    for start in range(0, len(ids), BATCH):
        cursor.execute(
            "SELECT document_id, content, sha256 FROM invoicing_file WHERE document_id = ANY(%s)",
            [ids[start : start + BATCH]],
        )
        for document, content, digest in cursor.fetchall():
            if _digest_of(bytes(content), document) != digest:
                yield {"document": document, "why": "the PDF is not the one that was made"}


def _alteration(facts: dict[str, Any]) -> str:
    try:
        private = opened_json(
            bytes(facts["private"]), table="invoicing_document", column="private", key=facts["id"]
        )
    except Unopenable as error:
        return f"what is personal can't be opened: {error}"
    issued_at: datetime = facts["issued_at"]
    content = {
        "id": str(facts["id"]),
        "kind": facts["kind"],
        "label": facts["label"],
        "issued_at": issued_at.astimezone(UTC).isoformat(),
        "tax_point": facts["tax_point"].isoformat(),
        "booking_reference": facts["booking_reference"],
        "refers_to": str(facts["refers_to_id"] or ""),
        "currency": facts["currency"],
        "net_minor": facts["net_minor"],
        "vat_minor": facts["vat_minor"],
        "gross_minor": facts["gross_minor"],
        "seller": json.loads(facts["seller"]),
        "lines": json.loads(facts["lines"]),
        "private": private,
    }
    if facts["is_correction"]:
        content["replaces"] = str(facts["replaces_id"] or "")
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    same = hashlib.sha256(text.encode()).hexdigest() == facts["content_hash"]
    return "" if same else "its content is not what was issued"


def _digest_of(content: bytes, document: object) -> str:
    try:
        plain = opened(content, table="invoicing_file", column="content", key=document)
    except Unopenable:
        return ""
    return hashlib.sha256(plain).hexdigest()


IMMUTABLE = Invariant(
    "INV-37",
    "Issued papers say what they said when they were issued",
    (
        Check("a document was changed after it was issued", find=altered_documents),
        Check("a document's PDF was changed after it was made", find=altered_files),
    ),
)

COMPLETE = Invariant(
    "INV-38",
    "Every taken payment has one invoice, what went back is what credit notes say, and every sum adds up",
    (
        Check(
            "a payment was taken and has no invoice, or several",
            """
            SELECT p.id AS payment, p.captured_minor, count(d.id) AS invoices FROM payments_payment p
            LEFT JOIN invoicing_document d ON d.payment_id = p.id AND d.kind = 'invoice'
                AND NOT EXISTS (SELECT FROM invoicing_document newer WHERE newer.replaces_id = d.id)
            WHERE p.status = 'succeeded' AND p.captured_at < %(settled)s
            GROUP BY p.id HAVING count(d.id) <> 1
            """,
        ),
        Check(
            "an invoice is of a payment that was not taken, or of another amount",
            """
            SELECT d.label, d.gross_minor, p.status, p.captured_minor FROM invoicing_document d
            JOIN payments_payment p ON p.id = d.payment_id
            WHERE d.kind = 'invoice' AND (p.status <> 'succeeded' OR p.captured_minor <> d.gross_minor)
            """,
        ),
        Check(
            "credit notes of a payment don't come to what went back",
            """
            SELECT p.id AS payment, notes.amount AS credited, back.amount AS went_back, failed.amount AS came_back
            FROM payments_payment p,
            LATERAL (SELECT coalesce(sum(gross_minor), 0) AS amount FROM invoicing_document
                WHERE payment_id = p.id AND kind = 'credit_note' AND NOT EXISTS (
                    SELECT FROM invoicing_document newer WHERE newer.replaces_id = invoicing_document.refers_to_id
                )) AS notes,
            LATERAL (SELECT coalesce(sum(amount_minor), 0) AS amount FROM payments_refund
                WHERE payment_id = p.id AND status IN ('succeeded', 'settled_by_hand')
                    AND changed_at < %(settled)s) AS back,
            LATERAL (SELECT coalesce(sum(amount_minor), 0) AS amount FROM payments_refund
                WHERE payment_id = p.id AND (status = 'failed' OR changed_at >= %(settled)s)) AS failed
            WHERE notes.amount < back.amount OR notes.amount > back.amount + failed.amount
            """,
        ),
        Check(
            "a credit note credits another payment's invoice, or no invoice",
            """
            SELECT n.label, n.payment_id, i.label AS refers_to, i.payment_id AS paid_by FROM invoicing_document n
            LEFT JOIN invoicing_document i ON i.id = n.refers_to_id
            WHERE n.kind = 'credit_note'
                AND (i.id IS NULL OR i.kind <> 'invoice' OR i.payment_id <> n.payment_id OR i.booking_id <> n.booking_id)
            """,
        ),
        Check(
            "a document's lines don't sum to its totals",
            """
            SELECT d.label, d.net_minor, d.vat_minor, d.gross_minor, own.* FROM invoicing_document d,
            LATERAL (
                SELECT sum((line->>'net_minor')::bigint) AS net, sum((line->>'vat_minor')::bigint) AS vat,
                    sum((line->>'gross_minor')::bigint) AS gross FROM jsonb_array_elements(d.lines) AS line
            ) AS own
            WHERE (net, vat, gross) IS DISTINCT FROM
                (d.net_minor::numeric, d.vat_minor::numeric, d.gross_minor::numeric) OR net + vat <> gross
            """,
        ),
        Check(
            "the VAT of an invoice's line does not follow from its gross and rate",
            """
            SELECT d.label, line FROM invoicing_document d, jsonb_array_elements(d.lines) AS line,
            LATERAL (
                SELECT (line->>'gross_minor')::bigint AS gross, (line->>'vat_rate_bp')::bigint AS rate
            ) AS own
            WHERE d.kind = 'invoice'
                AND (line->>'vat_minor')::bigint <> (2 * gross * rate + 10000 + rate) / (2 * (10000 + rate))
            """,
        ),
        Check(
            "an invoice was credited whole, and not its VAT",
            """
            SELECT i.label, i.vat_minor, sum(n.vat_minor) AS credited_vat FROM invoicing_document i
            JOIN invoicing_document n ON n.refers_to_id = i.id
            GROUP BY i.id HAVING sum(n.gross_minor) > i.gross_minor OR sum(n.vat_minor) > i.vat_minor
                OR (sum(n.gross_minor) = i.gross_minor AND sum(n.vat_minor) <> i.vat_minor)
            """,
        ),
        Check(
            "an invoice was corrected, and is not credited in full",
            """
            SELECT i.label, i.gross_minor, newer.label AS replaced_by FROM invoicing_document newer
            JOIN invoicing_document i ON i.id = newer.replaces_id AND i.kind = 'invoice'
            WHERE i.gross_minor <> (SELECT coalesce(sum(n.gross_minor), 0) FROM invoicing_document n
                WHERE n.refers_to_id = i.id)
            """,
        ),
        Check(
            "a paper takes the place of one that is not its like",
            """
            SELECT newer.label, old.label AS replaces FROM invoicing_document newer
            JOIN invoicing_document old ON old.id = newer.replaces_id
            WHERE (old.kind, old.payment_id, old.gross_minor, old.vat_minor, old.tax_point, old.refund_id)
                IS DISTINCT FROM
                (newer.kind, newer.payment_id, newer.gross_minor, newer.vat_minor, newer.tax_point, newer.refund_id)
            """,
        ),
    ),
)

INVARIANTS = (GAPLESS, MONOTONE, IMMUTABLE, COMPLETE)
