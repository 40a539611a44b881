"""What others may read of the paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from core.errors import NotFound
from invoicing.models import Document, DocumentQuerySet


class DocumentNotFound(NotFound):
    code = "document_not_found"
    detail = "We can’t find that invoice."


@dataclass(frozen=True)
class Run:
    """The numbers of one series and year: gapless when there are as many documents as the last number says."""

    series: str
    year: int
    last_label: str
    missing: int


@dataclass(frozen=True)
class Totals:
    """Sums of a list: credit notes count against."""

    net_minor: int
    vat_minor: int
    gross_minor: int


def documents_of(booking_id: UUID) -> DocumentQuerySet:
    """All papers of a booking, in the order of their issue."""
    return (
        Document.objects.filter(booking_id=booking_id)
        .select_related("refers_to")
        .order_by("issued_at", "id")
    )


def document(document_id: UUID) -> Document:
    """Raises DocumentNotFound."""
    return _one(Document.objects.filter(pk=document_id))


def invoice_of(booking_id: UUID) -> Document:
    """The booking's latest invoice; raises DocumentNotFound."""
    return _one(
        Document.objects.invoices().filter(booking_id=booking_id).order_by("-issued_at", "-number")
    )


def document_of(booking_id: UUID, label: str) -> Document:
    """The booking's document with this number; raises DocumentNotFound for another booking's."""
    return _one(Document.objects.filter(booking_id=booking_id, label=label))


def papers_by_payment(payment_ids: Sequence[UUID]) -> dict[UUID, list[Document]]:
    """The invoice of each payment."""
    found = Document.objects.invoices().filter(payment_id__in=payment_ids)
    return {each.payment_id: [each] for each in found}


def papers_by_refund(refund_ids: Sequence[UUID]) -> dict[UUID, list[Document]]:
    """The credit note of each refund."""
    found = Document.objects.credit_notes().filter(refund_id__in=refund_ids)
    return {each.refund_id: [each] for each in found if each.refund_id}


def runs() -> list[Run]:
    """Every series and year, newest first, and how many numbers of it have no document."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.series, c.year, c.last_number, c.last_number - count(d.id) FROM invoicing_counter c "
            "LEFT JOIN invoicing_document d USING (series, year) GROUP BY c.id ORDER BY c.year DESC, c.series DESC"
        )
        return [
            Run(s, y, f"{s}-{y}-{last:05d}", missing) for s, y, last, missing in cursor.fetchall()
        ]


def totals(queryset: DocumentQuerySet) -> Totals:
    """What a list comes to."""
    names = ("net_minor", "vat_minor", "gross_minor")
    sold = _sums(queryset.order_by().invoices(), names)
    back = _sums(queryset.order_by().credit_notes(), names)
    return Totals(**{name: sold[name] - back[name] for name in names})


def _sums(queryset: DocumentQuerySet, names: Sequence[str]) -> dict[str, int]:
    found: dict[str, Any] = queryset.aggregate(**{f"{name}_sum": Sum(name) for name in names})
    return {name: found[f"{name}_sum"] or 0 for name in names}


def _one(queryset: DocumentQuerySet) -> Document:
    found = queryset.select_related("refers_to").first()
    if found is None:
        raise DocumentNotFound()
    return found
