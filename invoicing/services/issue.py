"""Issuing: what a sale and a refund leave on paper. Each once, however often it is asked for."""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from core import formats
from core.crashpoints import crash_point
from core.errors import Conflict, Unavailable
from core.outbox.events import publish
from courses import selectors as courses
from courses import selectors_moves as moves
from invoicing import numbering, tax
from invoicing.events import DocumentIssued
from invoicing.models import Document, Kind
from invoicing.services import crediting, wording
from payments import selectors as payments


class NotYet(Unavailable):
    """The refund's invoice is still to come; ask again."""

    code = "invoice_not_yet"
    detail = "The invoice that this credits has not been issued yet."


class TotalDiffers(Conflict):
    """What was captured is not what the booking's lines come to: a person must look."""

    code = "invoice_total_differs"
    detail = "The payment is not the total of the booking’s lines."


def invoice(*, payment_id: UUID, now: datetime) -> Document:
    """The sale's invoice, with the next number of the year. Raises TotalDiffers.

    1. Everything is read and worked out first. 2. The number is taken, which makes all others of the series wait.
    3. The row and its event are written, and the transaction ends.
    """
    with transaction.atomic():
        crediting.one_at_a_time("payment", payment_id)
        existing = Document.objects.invoices().filter(payment_id=payment_id).first()
        return existing or keep(_invoice_of(payment_id), series=numbering.INVOICES, now=now)


def credit_note(*, refund_id: UUID, now: datetime) -> Document | None:
    """The refund's credit note. Raises NotYet while its invoice is not there.

    Money that came back from the bank and is sent again needs no second paper: then the one that there is is given.
    None for money that came back before any paper was made.
    """
    facts = payments.refund_facts(refund_id)
    with transaction.atomic():
        crediting.one_at_a_time("payment", facts.payment_id)
        refunds = {each.id: each for each in payments.refunds_of(facts.booking_id)}
        refund = refunds[refund_id]
        existing = crediting.paper_of(refund, refunds)
        if existing or refund.status not in crediting.MONEY_WENT_BACK:
            return existing
        invoice = _invoice_to_credit(facts.payment_id)
        shares = refund.credit_lines
        if shares is None:
            shares = crediting.decide(payment_id=facts.payment_id, amount_minor=facts.amount.minor)
        if not shares:
            return invoice.credit_notes.latest("issued_at")
        return keep(_credit_note_of(facts, invoice, shares), series=numbering.CREDIT_NOTES, now=now)


def content_hash(document: Document) -> str:
    """The digest that tells whether an issued document still says what it said."""
    text = json.dumps(document.facts(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def keep(document: Document, *, series: str, now: datetime) -> Document:
    """The paper, with its number and its moment, for good. Inside the transaction of whoever made it."""
    taken = numbering.take(series=series, now=now)
    crash_point("CP13")
    document.series, document.year, document.number = taken.series, taken.year, taken.number
    document.label, document.issued_at = taken.label, taken.issued_at
    document.content_hash = content_hash(document)
    document.save(force_insert=True)
    publish(
        DocumentIssued(
            document_id=str(document.pk),
            booking_id=str(document.booking_id),
            kind=str(document.kind),
            label=document.label,
            at=document.issued_at.isoformat(),
        )
    )
    return document


def _invoice_of(payment_id: UUID) -> Document:
    payment = payments.payment_facts(payment_id)
    booking = courses.booking(payment.booking_id)
    sold, session = booking.lines, booking.session
    if payment.move_id:
        move = moves.move(payment.move_id)
        sold, session = moves.move_lines(move), move.to_session
    detail = wording.session_detail(session)
    lines = [_sold(line, detail) for line in sold]
    document = Document(
        kind=Kind.INVOICE,
        payment_id=payment_id,
        tax_point=formats.local_date(payment.captured_at),
        private=wording.private(customer=booking.customer, booking=booking, payment=payment)
        | _corrected(booking.pk),
        seller=wording.seller(),
        **_shared(booking, payment.amount.currency),
        **with_totals(lines),
    )
    if document.gross_minor != payment.amount.minor:
        raise TotalDiffers()
    return document


def _corrected(booking_id: UUID) -> dict[str, Any]:
    """Whom the booking's papers were corrected to; a later payment of it is not billed to the old name again."""
    corrected = Document.objects.current().filter(booking_id=booking_id, is_correction=True)
    last = corrected.order_by("-issued_at", "-id").first()
    names = ("buyer", "purchase_order", "details")
    return {name: last.private[name] for name in names} if last else {}


def _invoice_to_credit(payment_id: UUID) -> Document:
    invoice = Document.objects.current().filter(payment_id=payment_id).first()
    if invoice is None:
        raise NotYet()
    return invoice


def _credit_note_of(
    refund: payments.RefundFacts, invoice: Document, shares: crediting.Shares
) -> Document:
    return Document(
        kind=Kind.CREDIT_NOTE,
        refers_to=invoice,
        payment_id=refund.payment_id,
        refund_id=refund.refund_id,
        tax_point=formats.local_date(refund.refunded_at),
        booking_id=invoice.booking_id,
        booking_reference=invoice.booking_reference,
        currency=invoice.currency,
        seller=invoice.seller,
        private=invoice.private,
        **with_totals(given_back(invoice, shares)),
    )


def _sold(line: dict[str, Any], detail: str) -> dict[str, Any]:
    """A line of the booking's own price snapshot, its VAT worked out again."""
    money = tax.taxed(gross_minor=line["gross_minor"], vat_rate_bp=line["vat_rate_bp"])
    return {
        "description": line["description"],
        "detail": detail,
        "quantity": line["quantity"],
        "unit_gross_minor": line["unit_gross_minor"],
        **_amounts(money),
    }


def given_back(invoice: Document, shares: crediting.Shares) -> list[dict[str, Any]]:
    """The invoice's lines as far as this refund takes them back. `line` is the place on the invoice."""
    lines = []
    for place, gross_minor, vat_minor in shares:
        original = invoice.lines[place]
        part = tax.Taxed(gross_minor, vat_minor, original["vat_rate_bp"])
        lines.append({"line": place, **wording.credit_words(original, part), **_amounts(part)})
    return lines


def _amounts(money: tax.Taxed) -> dict[str, int]:
    return {
        "net_minor": money.net_minor,
        "vat_rate_bp": money.vat_rate_bp,
        "vat_minor": money.vat_minor,
        "gross_minor": money.gross_minor,
    }


def with_totals(lines: list[dict[str, Any]]) -> dict[str, Any]:
    totals = {
        name: sum(line[name] for line in lines)
        for name in ("net_minor", "vat_minor", "gross_minor")
    }
    return {"lines": lines, **totals}


def _shared(booking: Any, currency: str) -> dict[str, Any]:
    return {"booking_id": booking.pk, "booking_reference": booking.reference, "currency": currency}
