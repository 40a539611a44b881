"""The list as a spreadsheet. Text that a spreadsheet would run as a formula is made plain text (CWE-1236)."""

from collections.abc import Iterable
from typing import Any

from core import formats, spreadsheets
from core.crypto.fields import readable
from core.spreadsheets import safe_cell
from invoicing.models import Document

HEADINGS = (
    "Number", "Kind", "Date", "Tax point", "Booking", "Customer", "Purchase order", "Credits", "Currency",
    "Net", "VAT", "Total",
)  # fmt: skip


def csv_of(documents: Iterable[Document]) -> str:
    """One row for each; a credit note's amounts are negative. Starts with the mark that spreadsheets know UTF-8 by."""
    return spreadsheets.written(HEADINGS, (_row(document) for document in documents))


def _row(document: Document) -> list[str]:
    sign = -1 if document.is_credit_note else 1
    return [
        document.label,
        document.get_kind_display(),
        formats.local_date(document.issued_at).isoformat(),
        document.tax_point.isoformat(),
        document.booking_reference,
        *_sealed_cells(document),
        document.refers_to.label if document.refers_to else "",
        document.currency,
        *(
            decimal(sign * minor)
            for minor in (document.net_minor, document.vat_minor, document.gross_minor)
        ),
    ]


def _sealed_cells(document: Document) -> list[str]:
    """Buyer and purchase order; a damaged row says so and the export goes on."""
    private: Any = readable(document, "private")
    if not isinstance(private, dict):
        return [private, private]
    buyer = document.buyer[0] if document.buyer else ""
    return [safe_cell(buyer), safe_cell(private["purchase_order"])]


def decimal(minor: int) -> str:
    """Pounds with a point, as spreadsheets read numbers."""
    pounds, pence = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{pounds}.{pence:02d}"
