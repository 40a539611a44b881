"""What monitoring sees of the papers: numbers that are missing, and money that has no paper yet."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from prometheus_client import Counter, Metric

from core.health.readings import age, gauge
from core.outbox.events import observe
from invoicing.events import DocumentIssued
from invoicing.models import FileFailure, NumbersProof

# An invoice follows its payment within seconds; after this long it doesn't follow by itself.
ISSUED_WITHIN = timedelta(minutes=10)
LOOKED_BACK = timedelta(days=7)

issued_total = Counter("invoice_issued", "Papers that were issued", ["kind"])


def connect() -> None:
    """Count what is published; called once, from `ready()`."""
    observe(DocumentIssued, lambda event: issued_total.labels(event.kind).inc())


def read(now: datetime) -> Iterator[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(_GAPS, [now.year - 1])
        (gaps,) = cursor.fetchone()
        cursor.execute(_UNISSUED, [now - LOOKED_BACK, now - ISSUED_WITHIN])
        (unissued,) = cursor.fetchone()
    proof = NumbersProof.objects.order_by("-proved_at", "-pk").first()
    yield gauge(
        "invoice_numbers_wrong",
        "What the last proof of all numbers found",
        len(proof.problems) if proof else 0,
    )
    yield gauge(
        "invoice_numbers_proved_seconds",
        "Since all numbers were proved",
        age(proof.proved_at, now) if proof else None,
    )
    yield gauge("invoice_gaps", "Numbers taken that no paper has, this year and last", int(gaps))
    yield gauge("invoice_unissued", "Money taken ten minutes ago without an invoice", unissued)
    yield gauge("invoice_pdf_failures", "PDFs that can't be made", FileFailure.objects.count())


_GAPS = """
    SELECT coalesce(sum(abs(counter.last_number - taken.papers)), 0)
    FROM invoicing_counter AS counter
    CROSS JOIN LATERAL (
        SELECT count(*) AS papers FROM invoicing_document AS document
        WHERE document.series = counter.series AND document.year = counter.year
    ) AS taken
    WHERE counter.year >= %s
"""
_UNISSUED = """
    SELECT count(*) FROM payments_payment AS payment
    WHERE payment.created_at > %s AND payment.status = 'succeeded' AND payment.captured_at < %s
        AND NOT EXISTS (
            SELECT 1 FROM invoicing_document AS document
            WHERE document.payment_id = payment.id AND document.kind = 'invoice'
        )
"""
