"""What the page of a document says, word for word."""

from datetime import date
from typing import Any

from core import formats
from core.money import Money
from invoicing import tax
from invoicing.models import Document

HEADINGS = ["Description", "Places", "Each inc. VAT", "Net", "VAT rate", "VAT", "Total"]


def page(document: Document) -> dict[str, Any]:
    """All of the page's words, as `paper/document.typ` takes them."""
    return {
        **_heading(document),
        "seller": _seller(document.seller),
        "buyer": document.buyer or ["Customer"],
        "facts": _facts(document),
        "headings": HEADINGS,
        "lines": [_line(line, document.currency) for line in document.lines],
        "rates": _rates(document),
        "totals": [
            {"name": "Net", "value": _money(document.net_minor, document.currency)},
            {"name": "VAT", "value": _money(document.vat_minor, document.currency)},
        ],
        "grand": {
            "name": "Total credit inc. VAT" if document.is_credit_note else "Total inc. VAT",
            "value": _money(document.gross_minor, document.currency),
        },
        "settled": _settled(document),
        "notes": [],
    }


def issued_on(document: Document) -> date:
    """The day of issue on the seller's calendar."""
    return formats.local_date(document.issued_at)


def _heading(document: Document) -> dict[str, Any]:
    name = "Credit note" if document.is_credit_note else "Invoice"
    return {
        "title": name,
        "number": document.label,
        "trading-name": document.seller["trading_name"],
        "refers": _refers(document),
        "labels": {
            "buyer": "Credit to" if document.is_credit_note else "Invoice to",
            "rates": f"VAT in this {name.lower()}",
        },
    }


def _refers(document: Document) -> str:
    invoice = document.refers_to
    return (
        f"Credits invoice {invoice.label} of {formats.long_date(invoice.issued_at)}"
        if invoice
        else ""
    )


def _seller(seller: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": seller["name"],
        "contact": [
            seller["name"],
            *seller["address"],
            seller["phone"],
            f"VAT number {seller['vat_number']}",
        ],
        "small-print": (
            f"{seller['name']}. Registered in England and Wales, company number {seller['company_number']}. "
            f"VAT registration number {seller['vat_number']}. {', '.join(seller['address'])}."
        ),
    }


def _facts(document: Document) -> list[dict[str, str]]:
    facts = [
        {"name": "Date", "value": formats.long_date(document.issued_at)},
        {"name": "Tax point", "value": formats.long_date(document.tax_point)},
        {"name": "Booking", "value": document.booking_reference},
    ]
    if document.replaces and not document.is_credit_note:
        facts.append({"name": "Replaces", "value": f"Invoice {document.replaces.label}"})
    order = document.private["purchase_order"]
    return [*facts, {"name": "Purchase order", "value": order}] if order else facts


def _line(line: dict[str, Any], currency: str) -> dict[str, str]:
    whole = line["quantity"] is not None
    return {
        "description": line["description"],
        "detail": line["detail"],
        "quantity": str(line["quantity"]) if whole else "",
        "unit": _money(line["unit_gross_minor"], currency) if whole else "",
        "net": _money(line["net_minor"], currency),
        "rate": formats.percent(line["vat_rate_bp"]),
        "vat": _money(line["vat_minor"], currency),
        "gross": _money(line["gross_minor"], currency),
    }


def _rates(document: Document) -> list[str]:
    lines = [
        tax.Taxed(line["gross_minor"], line["vat_minor"], line["vat_rate_bp"])
        for line in document.lines
    ]
    return [
        f"{formats.percent(each.vat_rate_bp)}: VAT {_money(each.vat_minor, document.currency)}"
        f" on {_money(each.net_minor, document.currency)}"
        for each in tax.by_rate(lines)
    ]


def _settled(document: Document) -> list[str]:
    method, on = document.private["method"], formats.long_date(document.tax_point)
    if document.is_credit_note and document.is_correction:
        return _corrected(document)
    if document.is_credit_note:
        amount = _money(document.gross_minor, document.currency)
        return [
            f"{amount} sent back to {method} on {on}",
            "Banks take 5 to 10 working days to show it.",
        ]
    return [f"Paid by {method} on {on}", "Nothing to pay."]


def _corrected(document: Document) -> list[str]:
    """Of a paper that follows from other details on the invoice, and moves nothing."""
    if document.replaces:
        return [f"Sent back earlier: see credit note {document.replaces.label}.", "No money moves."]
    return [
        "The invoice’s details were corrected: a new invoice takes its place.",
        "No money moves.",
    ]


def _money(minor: int, currency: str) -> str:
    return str(Money(minor, currency))
