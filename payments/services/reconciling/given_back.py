"""Refunds and disputes: what left or was withheld at Stripe, beside what we say of it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from payments.gateways import lists
from payments.gateways import stripe as gateway
from payments.gateways.base import GatewayDispute, GatewayRefund, Missing
from payments.models import (
    DifferenceKind,
    Dispute,
    Payment,
    Refund,
    RefundStatus,
    StrayMoney,
    StrayStatus,
)
from payments.services.reconciling.finding import Finding, Span
from payments.services.reconciling.pages import pages

SAMPLE = "re_sample_"
ON_ITS_WAY = ("pending", "succeeded", "requires_action")
_K, _R = DifferenceKind, RefundStatus
# What ours may be while Stripe says this; anything else is a difference.
AGREES = {
    "succeeded": (_R.SUCCEEDED,),
    "pending": (_R.PENDING, _R.SUCCEEDED),
    "requires_action": (_R.PENDING, _R.SUCCEEDED),
    "failed": (_R.FAILED, _R.SETTLED_BY_HAND),
    "canceled": (_R.FAILED, _R.SETTLED_BY_HAND),
}


def compare(span: Span) -> Iterator[Finding | int]:
    """Findings, and after each page how many refunds were compared."""
    seen: set[str] = set()
    for page in pages(lists.refunds_made(span.since, span.until)):
        seen.update(each.id for each in page)
        yield from judge(page, settled=span.settled)
        yield len(page)
    for refund in _ours(span):
        if refund.gateway_id not in seen:
            yield from missing(refund, settled=span.settled)


def compare_disputes(span: Span) -> Iterator[Finding | int]:
    for page in pages(lists.disputes_opened(span.since, span.until)):
        yield from judge_disputes(page)
        yield len(page)


def judge(page: Sequence[GatewayRefund], *, settled: datetime) -> Iterator[Finding]:
    ours, placed = _known(page), _placed(page)
    for theirs in page:
        refund = ours.get(theirs.id) or ours.get(theirs.operation_id)
        if refund is None:
            if theirs.status in ON_ITS_WAY and not placed & {theirs.id, theirs.payment_id}:
                yield _finding(_K.REFUND_UNKNOWN, theirs, None)
        elif refund.changed_at < settled and theirs.id not in placed:
            yield from _compared(theirs, refund)


def missing(refund: Refund, *, settled: datetime) -> Iterator[Finding]:
    try:
        theirs = gateway.refund(refund.gateway_id or "")
    except Missing:
        yield Finding(
            kind=_K.REFUND_MISSING,
            subject=refund.gateway_id or str(refund.id),
            payment_id=refund.payment_id,
            ours_minor=refund.amount_minor,
            ours_word=refund.status,
            happened_at=refund.created_at,
        )
    else:
        yield from judge([theirs], settled=settled)


def judge_disputes(page: Sequence[GatewayDispute]) -> Iterator[Finding]:
    ours = Dispute.objects.in_bulk([each.id for each in page], field_name="gateway_id")
    charged = Payment.objects.in_bulk(
        [each.payment_id for each in page if each.payment_id], field_name="gateway_id"
    )
    for theirs in page:
        dispute, payment = ours.get(theirs.id), charged.get(theirs.payment_id)
        if dispute is None or dispute.status != theirs.status:
            yield Finding(
                kind=_K.DISPUTE_STATE,
                subject=theirs.id,
                payment_id=payment.id if payment else None,
                ours_minor=dispute.amount_minor if dispute else None,
                theirs_minor=theirs.amount,
                ours_word=dispute.status if dispute else "",
                theirs_word=theirs.status,
                happened_at=theirs.created_at,
            )


def _ours(span: Span) -> Iterable[Refund]:
    rows = Refund.objects.filter(
        status__in=[_R.PENDING, _R.SUCCEEDED],
        created_at__gte=span.since,
        created_at__lt=min(span.until, span.settled),
    )
    return rows.exclude(gateway_id__startswith=SAMPLE).order_by("created_at").iterator(2000)


def _known(page: Sequence[GatewayRefund]) -> dict[str, Refund]:
    ids, operations = [each.id for each in page], [each.operation_id for each in page]
    rows = Refund.objects.filter(Q(gateway_id__in=ids) | Q(operation_id__in=operations))
    return {name: row for row in rows for name in (row.operation_id, row.gateway_id) if name}


def _placed(page: Sequence[GatewayRefund]) -> set[str]:
    """Refunds of money without a place, about which somebody has decided."""
    names = [name for each in page for name in (each.id, each.payment_id) if name]
    decided = StrayMoney.objects.filter(gateway_id__in=names).exclude(status=StrayStatus.OPEN)
    return set(decided.values_list("gateway_id", flat=True))


def _compared(theirs: GatewayRefund, refund: Refund) -> Iterator[Finding]:
    if refund.status not in AGREES.get(theirs.status, ()):
        yield _finding(_K.REFUND_STATE, theirs, refund)
    elif refund.amount_minor != theirs.amount:
        yield _finding(_K.REFUND_AMOUNT, theirs, refund)


def _finding(kind: str, theirs: GatewayRefund, refund: Refund | None) -> Finding:
    payment = refund.payment_id if refund else _payment_id(theirs)
    moment = theirs.created_at or (refund.created_at if refund else None)
    assert moment is not None
    return Finding(
        kind=kind,
        subject=theirs.id,
        payment_id=payment,
        ours_minor=refund.amount_minor if refund else None,
        theirs_minor=theirs.amount,
        ours_word=refund.status if refund else "",
        theirs_word=theirs.status,
        happened_at=moment,
    )


def _payment_id(theirs: GatewayRefund) -> UUID | None:
    rows = Payment.objects.filter(gateway_id=theirs.payment_id)
    return rows.values_list("id", flat=True).first() if theirs.payment_id else None
