"""What others may read of the paper."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from core.errors import NotFound
from courses import selectors_finding as finding
from invoicing.models import Counter, Document, DocumentQuerySet

LABEL = re.compile(r"[a-z]{2,4}-[0-9]{2,}", re.IGNORECASE)


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
        .select_related("refers_to", "replaces")
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
    """The invoice of each payment that stands."""
    found = Document.objects.current().filter(payment_id__in=payment_ids)
    return {each.payment_id: [each] for each in found}


def papers_by_refund(refund_ids: Sequence[UUID]) -> dict[UUID, list[Document]]:
    """The credit note of each refund."""
    found = Document.objects.credit_notes().filter(refund_id__in=refund_ids, replaced_by=None)
    return {each.refund_id: [each] for each in found if each.refund_id}


def found(term: str) -> DocumentQuerySet:
    """Documents by number ("INV-2026-01482", "1482"), by booking, or by the name of who booked; newest first."""
    documents = Document.objects.order_by("-issued_at", "-id")
    if term.isdecimal():
        used = Counter.objects.all()
        return documents.filter(
            number=int(term[:9]), series__in=used.values("series"), year__in=used.values("year")
        )
    if finding.is_reference(term):
        return documents.filter(booking_reference__startswith=term.upper())
    if LABEL.match(term):
        return documents.filter(label__startswith=term.upper())
    return documents.filter(booking_id__in=finding.of_name(term))


def runs() -> list[Run]:
    """Every series and year, newest first, and how many numbers of it have no document."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.series, c.year, c.last_number, c.last_number - (SELECT count(*) FROM invoicing_document d "
            "WHERE d.series = c.series AND d.year = c.year) FROM invoicing_counter c ORDER BY c.year DESC, c.series DESC"
        )
        return [
            Run(s, y, f"{s}-{y}-{last:05d}", missing) for s, y, last, missing in cursor.fetchall()
        ]


def years() -> list[int]:
    """Those in which a number was given, newest first."""
    return list(Counter.objects.order_by("-year").values_list("year", flat=True).distinct())


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
    found = queryset.select_related("refers_to", "replaces").first()
    if found is None:
        raise DocumentNotFound()
    return found
