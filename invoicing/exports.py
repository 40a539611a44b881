"""The list as a spreadsheet. Text that a spreadsheet would run as a formula is made plain text (CWE-1236)."""

import csv
import io
from collections.abc import Iterable

from core import formats
from invoicing.models import Document

HEADINGS = (
    "Number", "Kind", "Date", "Tax point", "Booking", "Customer", "Purchase order", "Credits", "Currency",
    "Net", "VAT", "Total",
)  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_of(documents: Iterable[Document]) -> str:
    """One row for each; a credit note's amounts are negative. Starts with the mark that spreadsheets know UTF-8 by."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for document in documents:
        writer.writerow(_row(document))
    return "\ufeff" + out.getvalue()


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before it where it would be taken for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _row(document: Document) -> list[str]:
    sign = -1 if document.is_credit_note else 1
    return [
        document.label,
        document.get_kind_display(),
        formats.local_date(document.issued_at).isoformat(),
        document.tax_point.isoformat(),
        document.booking_reference,
        safe_cell(document.buyer[0] if document.buyer else ""),
        safe_cell(document.private["purchase_order"]),
        document.refers_to.label if document.refers_to else "",
        document.currency,
        *(
            _decimal(sign * minor)
            for minor in (document.net_minor, document.vat_minor, document.gross_minor)
        ),
    ]


def _decimal(minor: int) -> str:
    pounds, pence = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{pounds}.{pence:02d}"
