"""Invoices and credit notes of sample sales, in bulk and numbered like real ones: gapless, dates in order."""

from __future__ import annotations

import datetime as dt
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from core import formats
from core.database import bulk
from core.errors import Conflict
from invoicing import numbering, tax
from invoicing.models import Counter, Document, Kind
from invoicing.numbering import Number
from invoicing.services import issue, wording
from payments.services.sample_history import PaidSale

DOCUMENT = (
    "id", "kind", "series", "year", "number", "label", "issued_at", "tax_point", "booking",
    "payment", "refund", "refers_to", "booking_reference", "currency", "net_minor", "vat_minor",
    "gross_minor", "seller", "lines", "private", "content_hash",
)  # fmt: skip
PART = 10_000


class NumbersInUse(Conflict):
    """The past can't be filled in behind numbers that are already given out."""

    code = "numbers_in_use"
    detail = "History can only be filled into a shop that has issued nothing yet."


def refuse_a_used_shop() -> None:
    """Raises NumbersInUse."""
    if Counter.objects.exists():
        raise NumbersInUse


def fill(*, paid: Sequence[PaidSale]) -> None:
    """The papers of these sales, which must be all that the shop ever sold."""
    refuse_a_used_shop()
    sold = sorted(paid, key=_sold_at)
    returned = sorted((each for each in paid if each.sale.refunded_at), key=_returned_at)
    invoices = _numbered(numbering.INVOICES, [_sold_at(each) for each in sold])
    notes = _numbered(numbering.CREDIT_NOTES, [_returned_at(each) for each in returned])
    _count([*invoices, *notes])
    keys = bulk.ids()
    ids = {each.payment_id: next(keys) for each in sold}
    seller = wording.seller()
    for start in range(0, len(sold), PART):
        part = slice(start, start + PART)
        _copy(
            _invoice(each, number, ids[each.payment_id], seller)
            for each, number in zip(sold[part], invoices[part], strict=True)
        )
    _copy(
        _credit_note(each, number, next(keys), ids[each.payment_id], seller)
        for each, number in zip(returned, notes, strict=True)
    )
    bulk.check_constraints()


def _sold_at(paid: PaidSale) -> dt.datetime:
    """In UTC: two London times compare as their clocks read, which goes wrong in the night when they are changed."""
    return paid.sale.paid_at.astimezone(dt.UTC)


def _returned_at(paid: PaidSale) -> dt.datetime:
    return (paid.sale.refunded_at or paid.sale.paid_at).astimezone(dt.UTC)


def _numbered(series: str, moments: Sequence[dt.datetime]) -> list[Number]:
    """Numbers for moments in order, each year from one."""
    given: Tally[int] = Tally()
    numbers = []
    for moment in moments:
        year = formats.local_date(moment).year
        given[year] += 1
        numbers.append(Number(series=series, year=year, number=given[year], issued_at=moment))
    return numbers


def _count(numbers: Sequence[Number]) -> None:
    """The counters stand where the last number of each series and year left them."""
    last = {(each.series, each.year): each for each in numbers}
    Counter.objects.bulk_create(
        Counter(
            series=each.series,
            year=each.year,
            last_number=each.number,
            last_issued_at=each.issued_at,
        )
        for each in last.values()
    )


def _invoice(paid: PaidSale, number: Number, pk: str, seller: dict[str, Any]) -> Document:
    line = _sold(paid)
    return _document(
        paid,
        number,
        seller,
        line,
        pk=pk,
        kind=Kind.INVOICE,
        tax_point=formats.local_date(paid.sale.paid_at),
    )


def _credit_note(paid: PaidSale, number: Number, pk: str, invoice: str, seller: dict) -> Document:
    line = {"line": 0, **_sold(paid)}
    return _document(
        paid,
        number,
        seller,
        line,
        pk=pk,
        kind=Kind.CREDIT_NOTE,
        tax_point=formats.local_date(number.issued_at),
        refund_id=paid.refund_id,
        refers_to_id=invoice,
    )


def _document(
    paid: PaidSale, number: Number, seller: dict[str, Any], line: dict[str, Any], **rest: Any
) -> Document:
    sale = paid.sale
    document = Document(
        series=number.series,
        year=number.year,
        number=number.number,
        label=number.label,
        issued_at=number.issued_at,
        booking_id=sale.booking_id,
        payment_id=paid.payment_id,
        booking_reference=sale.reference,
        currency="GBP",
        net_minor=line["net_minor"],
        vat_minor=line["vat_minor"],
        gross_minor=line["gross_minor"],
        seller=seller,
        lines=[line],
        private=wording.private(customer=sale.person, booking=sale.person, payment=paid),
        **rest,
    )
    document.content_hash = issue.content_hash(document)
    return document


def _sold(paid: PaidSale) -> dict[str, Any]:
    line = paid.sale.line
    money = tax.taxed(gross_minor=line["gross_minor"], vat_rate_bp=line["vat_rate_bp"])
    return {
        "description": line["description"],
        "detail": wording.session_detail(paid.sale.session),
        "quantity": line["quantity"],
        "unit_gross_minor": line["unit_gross_minor"],
        "net_minor": money.net_minor,
        "vat_rate_bp": money.vat_rate_bp,
        "vat_minor": money.vat_minor,
        "gross_minor": money.gross_minor,
    }


def _copy(documents: Iterable[Document]) -> None:
    seal = bulk.sealer(Document, "private")
    bulk.copy(Document, DOCUMENT, (_row(each, seal) for each in documents))


def _row(document: Document, seal: Callable[[Any, Any], bytes]) -> tuple[Any, ...]:
    return (
        document.pk,
        str(document.kind),
        document.series,
        document.year,
        document.number,
        document.label,
        document.issued_at,
        document.tax_point,
        document.booking_id,
        document.payment_id,
        document.refund_id,
        document.refers_to_id,
        document.booking_reference,
        document.currency,
        document.net_minor,
        document.vat_minor,
        document.gross_minor,
        bulk.plain(document.seller),
        bulk.plain(document.lines),
        seal(document.pk, document.private),
        document.content_hash,
    )
