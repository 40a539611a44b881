"""What each refund takes back of what was sold, line by line, net and VAT.

It is decided with the refund: so the credit note that follows says what was shown then, whichever of several
refunds of one payment is done first, and however many of the others fail.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import connection

from courses import selectors as courses
from courses import selectors_moves as moves
from invoicing import tax
from invoicing.models import Document
from payments import selectors as payments

MONEY_WENT_BACK = ("succeeded", "settled_by_hand")
RELEASED = ("rejected", "failed")

Shares = list[list[int]]
Refunds = Mapping[UUID, payments.Refund]


def decide(*, payment_id: UUID, amount_minor: int, retry_of: UUID | None = None) -> Shares:
    """A row for each line that this amount takes something of: its place, gross and VAT, in pennies.

    Empty when no paper is needed: for a try of what has its paper already, and where papers of money that has come
    back since say enough. Raises CreditExceedsInvoice.
    """
    one_at_a_time("payment", payment_id)
    payment = payments.payment(payment_id)
    refunds = {
        each.id: each
        for each in payments.refunds_of(payment.booking_id)
        if each.payment_id == payment.id
    }
    if retry_of is not None and paper_of(refunds[retry_of], refunds):
        return []
    invoice = Document.objects.current().filter(payment_id=payment_id).first()
    notes = list(invoice.credit_notes.all()) if invoice else []
    sold = _sold(payment, invoice)
    taken = _taken(sold, notes, refunds)
    amount_minor = _to_credit(amount_minor, sold, taken, notes, refunds)
    if amount_minor <= 0:
        return []
    parts = tax.credit(sold, taken=taken, amount_minor=amount_minor)
    return [
        [place, part.gross_minor, part.vat_minor]
        for place, part in enumerate(parts)
        if part.gross_minor
    ]


def paper_of(refund: payments.Refund, refunds: Refunds) -> Document | None:
    """Its own credit note, or that of the try that it repeats."""
    tries = [each.id for each in _tries(refund, refunds)]
    return Document.objects.credit_notes().filter(refund_id__in=tries).first()


def one_at_a_time(what: str, subject_id: UUID) -> None:
    """Waits for others at work on the same sale, until commit.

    Not a row lock: the application's role has no right to lock rows that it may not change.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"invoicing|{what}|{subject_id}"],
        )


def _tries(refund: payments.Refund, refunds: Refunds) -> list[payments.Refund]:
    """It and those that it repeats, latest first."""
    tries = [refund]
    while tries[-1].retry_of_id:
        tries.append(refunds[tries[-1].retry_of_id])
    return tries


def _sold(payment: payments.Payment, invoice: Document | None) -> list[tax.Taxed]:
    """The invoice's lines, or those that it will have: they are worked out of the booking's own, or the move's."""
    if invoice is None:
        move_id = payment.move_id
        sold = (
            moves.move_lines(moves.move(move_id))
            if move_id
            else courses.booking(payment.booking_id).lines
        )
        return [
            tax.taxed(gross_minor=line["gross_minor"], vat_rate_bp=line["vat_rate_bp"])
            for line in sold
        ]
    return [
        tax.Taxed(line["gross_minor"], line["vat_minor"], line["vat_rate_bp"])
        for line in invoice.lines
    ]


def _taken(
    sold: Sequence[tax.Taxed], notes: Sequence[Document], refunds: Refunds
) -> list[tuple[int, int]]:
    """Gross and VAT of each line that papers have taken, or that was promised to refunds without a paper yet."""
    rows = [
        (line["line"], line["gross_minor"], line["vat_minor"])
        for note in notes
        for line in note.lines
    ]
    on_paper = {note.refund_id for note in notes}
    for refund in refunds.values():
        if refund.id not in on_paper and refund.status not in RELEASED:
            rows += [(place, gross, vat) for place, gross, vat in refund.credit_lines or []]
    taken = [(0, 0)] * len(sold)
    for place, gross, vat in rows:
        before = taken[place]
        taken[place] = (before[0] + gross, before[1] + vat)
    return taken


def _to_credit(
    amount_minor: int,
    sold: Sequence[tax.Taxed],
    taken: Sequence[tuple[int, int]],
    notes: Sequence[Document],
    refunds: Refunds,
) -> int:
    """All of it while the invoice has room. Beyond that, papers whose money came back since stand for what goes out
    now, and so no more is credited than went out; except that what may still be sent again keeps its paper."""
    whole, said = sum(line.gross_minor for line in sold), sum(gross for gross, _ in taken)
    left = whole - said
    if amount_minor <= left:
        return amount_minor
    papers, repeated = {note.refund_id for note in notes}, {r.retry_of_id for r in refunds.values()}
    out, came_back = 0, []
    for refund in refunds.values():
        has_paper = not papers.isdisjoint(each.id for each in _tries(refund, refunds))
        if refund.status not in RELEASED:
            out += refund.amount_minor if has_paper or refund.credit_lines is not None else 0
        elif has_paper and refund.id not in repeated:
            came_back.append(refund.amount_minor)
    missing = out + amount_minor - said
    may_go_again = sum(each for each in came_back if each <= whole - out - amount_minor)
    return max(missing, min(missing + may_go_again, left))
