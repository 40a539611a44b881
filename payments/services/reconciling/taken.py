"""Payments: what Stripe took or holds, beside what we say was taken."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db.models import Q

from payments.gateways import lists
from payments.gateways import stripe as gateway
from payments.gateways.base import GatewayPayment, Missing
from payments.models import DifferenceKind, Payment, PaymentStatus, StrayMoney, StrayStatus
from payments.services.reconciling.finding import Finding, Span
from payments.services.reconciling.pages import pages

SAMPLE = "pi_sample_"
HELD, TAKEN, NOTHING = "requires_capture", "succeeded", "nothing"
_K = DifferenceKind


def compare(span: Span) -> Iterator[Finding | int]:
    """Findings, and after each page how many payments were compared."""
    seen: set[str] = set()
    for page in pages(lists.payments_made(span.since, span.until)):
        seen.update(each.id for each in page)
        yield from judge(page, settled=span.settled)
        yield len(page)
    for payment in _ours(span):
        if payment.gateway_id not in seen:
            yield from missing(payment, settled=span.settled)


def judge(page: Sequence[GatewayPayment], *, settled: datetime) -> Iterator[Finding]:
    """What is wrong about these; what moved here after `settled` is left for the next time."""
    ours = _known(page)
    placed = set(
        StrayMoney.objects.filter(gateway_id__in=[each.id for each in page])
        .exclude(status=StrayStatus.OPEN)
        .values_list("gateway_id", flat=True)
    )
    for theirs in page:
        payment = ours.get(theirs.id) or ours.get(theirs.operation_id)
        if payment is None:
            if _standing(theirs) != NOTHING:
                yield _finding(_K.PAYMENT_UNKNOWN, theirs, None)
        elif payment.changed_at < settled and theirs.id not in placed:
            yield from _compared(theirs, payment)


def missing(payment: Payment, *, settled: datetime) -> Iterator[Finding]:
    """Asks for one that no list had: it may have been made before the span, or be of another account."""
    try:
        theirs = gateway.payment(payment.gateway_id or "")
    except Missing:
        yield Finding(
            kind=_K.PAYMENT_MISSING,
            subject=payment.gateway_id or str(payment.id),
            payment_id=payment.id,
            ours_minor=payment.captured_minor,
            ours_word=payment.status,
            happened_at=payment.captured_at or payment.created_at,
        )
    else:
        yield from judge([theirs], settled=settled)


def _ours(span: Span) -> Iterable[Payment]:
    rows = Payment.objects.filter(
        status=PaymentStatus.SUCCEEDED,
        created_at__gte=span.since,
        created_at__lt=min(span.until, span.settled),
    )
    return rows.exclude(gateway_id__startswith=SAMPLE).order_by("created_at").iterator(2000)


def _known(page: Sequence[GatewayPayment]) -> dict[str, Payment]:
    """Our rows by the gateway's id and by our own operation, whichever the gateway's object names."""
    ids, operations = [each.id for each in page], [each.operation_id for each in page]
    rows = Payment.objects.filter(Q(gateway_id__in=ids) | Q(operation_id__in=operations))
    return {name: row for row in rows for name in (row.operation_id, row.gateway_id) if name}


def _compared(theirs: GatewayPayment, payment: Payment) -> Iterator[Finding]:
    standing = _standing(theirs)
    if payment.status == PaymentStatus.SUCCEEDED:
        if standing != TAKEN:
            yield _finding(_K.PAYMENT_STATE, theirs, payment)
        elif theirs.amount_received != payment.captured_minor:
            yield _finding(_K.PAYMENT_AMOUNT, theirs, payment)
    elif standing == TAKEN or (standing == HELD and not payment.is_open):
        yield _finding(_K.PAYMENT_STATE, theirs, payment)


def _standing(theirs: GatewayPayment) -> str:
    if theirs.amount_received:
        return TAKEN
    return HELD if theirs.status == HELD else NOTHING


def _finding(kind: str, theirs: GatewayPayment, payment: Payment | None) -> Finding:
    return Finding(
        kind=kind,
        subject=theirs.id,
        payment_id=payment.id if payment else None,
        ours_minor=payment.captured_minor if payment else None,
        theirs_minor=theirs.amount_received or theirs.amount_capturable,
        ours_word=payment.status if payment else "",
        theirs_word=theirs.status,
        happened_at=_when(theirs, payment),
    )


def _when(theirs: GatewayPayment, payment: Payment | None) -> datetime:
    moment = theirs.created_at or (payment.created_at if payment else None)
    assert moment is not None
    return moment
