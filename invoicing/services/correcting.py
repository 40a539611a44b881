"""Correcting an issued invoice: what is left of it is credited in full, and a new one says the same to the right buyer.

No money moves and no VAT period changes: all papers of a correction bear the tax point of the sale.
"""

import re
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from core.audit import services as audit
from core.errors import Conflict, Invalid
from courses import selectors as courses
from courses.services.details import MAXIMA, TEXT_MAX, UNPRINTABLE
from invoicing import numbering, selectors
from invoicing.models import Document, Kind
from invoicing.services import crediting, issue, wording

REASON_LENGTH_MAX = 500
CUSTOMER = "customer"
# Each makes two papers and two e-mails; who needs more than these calls.
BY_CUSTOMER_MAX = 3
VAT_NUMBER = re.compile(r"[A-Z]{2}[0-9A-Z]{5,12}\Z")
LIMITS = {**MAXIMA, "vat_number": 20}


@dataclass(frozen=True)
class Buyer:
    """Whom an invoice is made out to."""

    name: str
    company: str = ""
    address: str = ""
    postcode: str = ""
    vat_number: str = ""
    purchase_order: str = ""


class NotAnInvoice(Conflict):
    code = "not_an_invoice"
    detail = "Only an invoice can be corrected."


class CorrectedAlready(Conflict):
    code = "corrected_already"
    detail = "This invoice has been corrected already. Correct the newer one."


class CreditedInFull(Conflict):
    code = "credited_in_full"
    detail = "This invoice was credited in full, so there is nothing left to correct."


class NothingDifferent(Conflict):
    code = "nothing_different"
    detail = "These are the details that the invoice has already."


class CorrectedOften(Conflict):
    code = "corrected_often"
    detail = "These details were changed several times. Call us and we’ll change them for you."


def correct(
    *, document_id: UUID | str, buyer: Buyer, reason: str, actor: str, now: datetime
) -> Document:
    """The new invoice. Raises Invalid, NotAnInvoice, CorrectedAlready, CreditedInFull, NothingDifferent, and for
    a customer CorrectedOften.

    Refunds keep their places: the new invoice has the old one's lines, and on it is credited again what refunds had
    taken back of the old one.
    """
    buyer = _readable(buyer, reason, actor)
    with transaction.atomic():
        old = selectors.document(UUID(str(document_id)))
        crediting.one_at_a_time("payment", old.payment_id)
        notes = list(old.credit_notes.order_by("number"))
        left = _refuse_unless_standing(old, notes, buyer, actor)
        crediting_it = _credit(old, left)
        issue.keep(crediting_it, series=numbering.CREDIT_NOTES, now=now)
        new = issue.keep(_invoice(old, buyer), series=numbering.INVOICES, now=now)
        for note in notes:
            issue.keep(_again(note, new), series=numbering.CREDIT_NOTES, now=now)
        _audit(old, crediting_it, new, buyer, reason=reason, actor=actor, now=now)
        return new


def buyer_of(document: Document) -> Buyer:
    """As it was corrected to, else as the booking has it."""
    known = document.private.get("details")
    if known:
        return Buyer(**known)
    booking = courses.booking(document.booking_id)
    customer = booking.customer
    assert customer is not None  # nobody is invoiced without having said who they are
    return Buyer(
        name=customer.name,
        company=customer.company,
        address=customer.address,
        postcode=customer.postcode,
        purchase_order=document.private["purchase_order"],
    )


def may_correct(document: Document) -> bool:
    """Whether it stands, with something left on it."""
    if document.is_credit_note or hasattr(document, "replaced_by"):
        return False
    return any(gross for gross, _ in _left(document, list(document.credit_notes.all())))


def _refuse_unless_standing(
    old: Document, notes: list[Document], buyer: Buyer, actor: str
) -> list[tuple[int, int]]:
    if old.is_credit_note:
        raise NotAnInvoice
    if hasattr(old, "replaced_by"):
        raise CorrectedAlready
    left = _left(old, notes)
    if not any(gross for gross, _ in left):
        raise CreditedInFull
    if buyer == buyer_of(old):
        raise NothingDifferent
    corrections = Document.objects.invoices().filter(payment_id=old.payment_id, is_correction=True)
    if actor == CUSTOMER and corrections.count() >= BY_CUSTOMER_MAX:
        raise CorrectedOften
    return left


def _left(invoice: Document, notes: list[Document]) -> list[tuple[int, int]]:
    """Gross and VAT of each line that no credit note has taken."""
    left = [(line["gross_minor"], line["vat_minor"]) for line in invoice.lines]
    for note in notes:
        for line in note.lines:
            gross, vat = left[line["line"]]
            left[line["line"]] = gross - line["gross_minor"], vat - line["vat_minor"]
    return left


def _credit(old: Document, left: list[tuple[int, int]]) -> Document:
    shares = [[place, gross, vat] for place, (gross, vat) in enumerate(left) if gross]
    return Document(
        kind=Kind.CREDIT_NOTE,
        refers_to=old,
        is_correction=True,
        private=old.private,
        **_of_the_sale(old),
        **issue.with_totals(issue.given_back(old, shares)),
    )


def _invoice(old: Document, buyer: Buyer) -> Document:
    return Document(
        kind=Kind.INVOICE,
        replaces=old,
        is_correction=True,
        private=old.private | _made_out_to(buyer),
        **_of_the_sale(old),
        **issue.with_totals(old.lines),
    )


def _again(note: Document, invoice: Document) -> Document:
    """What a refund had taken back, on the paper that stands now."""
    return Document(
        kind=Kind.CREDIT_NOTE,
        refers_to=invoice,
        refund_id=note.refund_id,
        replaces=note,
        is_correction=True,
        private=invoice.private,
        **_of_the_sale(note),
        **issue.with_totals(note.lines),
    )


def _of_the_sale(document: Document) -> dict[str, Any]:
    names = ("payment_id", "booking_id", "booking_reference", "currency", "seller", "tax_point")
    return {name: getattr(document, name) for name in names}


def _made_out_to(buyer: Buyer) -> dict[str, Any]:
    lines = [buyer.company, buyer.name, *wording.lines_of(buyer.address), buyer.postcode]
    if buyer.vat_number:
        lines.append(f"VAT number {buyer.vat_number}")
    return {
        "buyer": [line for line in lines if line],
        "purchase_order": buyer.purchase_order,
        "details": asdict(buyer),
    }


def _readable(buyer: Buyer, reason: str, actor: str) -> Buyer:
    given = {each.name: getattr(buyer, each.name).strip() for each in fields(Buyer)}
    given["vat_number"] = re.sub(r"[\s.-]", "", given["vat_number"]).upper()
    if given["vat_number"].isdecimal():
        given["vat_number"] = f"GB{given['vat_number']}"
    problems = {name: words for name, value in given.items() if (words := _problem(name, value))}
    if not reason.strip() and actor != CUSTOMER:
        problems["reason"] = ["Say why."]
    elif len(reason) > REASON_LENGTH_MAX:
        problems["reason"] = [f"Use at most {REASON_LENGTH_MAX} characters."]
    if problems:
        raise Invalid(fields=problems)
    return Buyer(**given)


def _problem(name: str, value: str) -> list[str]:
    most = LIMITS.get(name, TEXT_MAX)
    if name == "name" and not value:
        return ["Enter the name of the person or company that pays"]
    if UNPRINTABLE.search(value) or ("\n" in value and name != "address"):
        return ["Use letters, numbers and punctuation only"]
    if len(value) > most:
        return [f"Use at most {most} characters"]
    if name == "vat_number" and value and not VAT_NUMBER.match(value):
        return ["Enter a VAT number like GB123456789"]
    return []


def _audit(
    old: Document, credit_note: Document, new: Document, buyer: Buyer, *, reason: str, actor: str,
    now: datetime,
) -> None:  # fmt: skip
    before = asdict(buyer_of(old))
    changed = [name for name, value in asdict(buyer).items() if value != before[name]]
    audit.record(
        subject=f"invoicing.document:{old.pk}",
        action="invoice.corrected",
        actor=actor,
        reason=reason,
        before={"invoice": old.label},
        after={"credit_note": credit_note.label, "invoice": new.label, "changed": changed},
        now=now,
    )
