"""The balance at Stripe: mirrored, booked where only Stripe knows of it, compared with the ledger."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Sum

from payments.gateways import lists
from payments.gateways.base import GatewayBalance, GatewayPayout
from payments.models import (
    BalanceTransaction,
    DifferenceKind,
    Dispute,
    LedgerMovement,
    MovementKind,
    Payment,
    PaymentStatus,
    Payout,
    Refund,
    RefundStatus,
)
from payments.services import ledger
from payments.services.reconciling.finding import Finding, Span
from payments.services.reconciling.pages import pages

_K, _M = DifferenceKind, MovementKind
BEGINNING, A_DAY = datetime(2000, 1, 1, tzinfo=UTC), timedelta(days=1)
RETURNS = ("refund_failure",)
# What only Stripe knows of: booked from its word.
THEIRS = {
    "dispute": _M.DISPUTE,
    "dispute_reversal": _M.DISPUTE_RETURNED,
    "payout": _M.PAYOUT,
    "payout_reversal": _M.PAYOUT_RETURNED,
    "payout_failure": _M.PAYOUT_RETURNED,
    "payout_cancel": _M.PAYOUT_RETURNED,
    "fee": _M.FEE,
}


def mirror(span: Span, *, now: datetime) -> Iterator[int]:
    """Takes over every movement and payout of the span, and books what we had no other word of."""
    for page in pages(lists.balance_moves(span.since, span.until)):
        _keep(page, now)
        _book(page, span, now)
        yield len(page)
    for payout_page in pages(lists.payouts_made(span.since, span.until)):
        _keep_payouts(payout_page, now)


def compare(span: Span) -> Iterator[Finding]:
    """The ledger beside the mirror, both ways; and each payout beside what it carried."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARED, {"since": span.since, "until": min(span.until, span.settled)})
        for kind, subject, payment_id, ours, theirs, at in cursor.fetchall():
            yield Finding(
                kind=kind, subject=subject, payment_id=payment_id, ours_minor=ours,
                theirs_minor=theirs, happened_at=at,
            )  # fmt: skip
    yield from _payouts(span)


def _keep(page: Sequence[GatewayBalance], now: datetime) -> None:
    BalanceTransaction.objects.bulk_create(
        (
            BalanceTransaction(
                id=each.id, kind=each.kind, source=_source(each), amount_minor=each.amount,
                fee_minor=each.fee, currency=each.currency, created_at=each.created_at,
                available_at=each.available_at, seen_at=now,
            )
            for each in page
        ),
        ignore_conflicts=True,
    )  # fmt: skip


def _book(page: Sequence[GatewayBalance], span: Span, now: datetime) -> None:
    """What is ours to say (payments, refunds) we book ourselves: that it is missing is a finding, no gap to fill."""
    places = _places(page)
    told = {each.id: _told(each, places.get(_source(each)), span) for each in page}
    keys = [movement["key"] for each in told.values() for movement in each]
    known = LedgerMovement.objects.filter(
        key__in=[*keys, *(f"unplaced:{each.id}" for each in page)]
    )
    booked = set(known.values_list("key", flat=True))
    for each in page:
        for movement in told[each.id]:
            undoes_nothing = (
                movement["key"] == f"placed:{each.id}" and f"unplaced:{each.id}" not in booked
            )
            if movement["key"] not in booked and not undoes_nothing:
                ledger.moved(**movement, source=_source(each), at=each.created_at, now=now)


def _told(each: GatewayBalance, place: "Place | None", span: Span) -> list[dict[str, Any]]:
    """The movements that Stripe's word alone gives."""
    payment_id = place.payment_id if place else None
    told = []
    if each.kind in THEIRS:
        kind = THEIRS[each.kind]
        told.append((kind, f"{kind}:{each.id}", each.amount))
    elif place and place.returned:
        # It never counted as given back here: both its ways are on Stripe's word.
        kind = _M.REFUND_RETURNED if each.kind in RETURNS else _M.REFUND
        told.append((kind, f"{kind}:{_source(each)}", each.amount))
    elif place:
        told.append((_M.UNPLACED, f"placed:{each.id}", -each.amount))
    elif each.created_at < span.settled:
        told.append((_M.UNPLACED, f"unplaced:{each.id}", each.amount))
    told.append((_M.FEE, f"fee:{each.id}", -each.fee))
    return [
        {"kind": kind, "key": key, "stripe_minor": minor, "payment_id": payment_id}
        for kind, key, minor in told
        if minor
    ]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the source of a movement stands in our books. `returned`: a refund that failed."""

    payment_id: UUID
    returned: bool = False


def _places(page: Sequence[GatewayBalance]) -> dict[str, Place]:
    sources = [_source(each) for each in page]
    places: dict[str, Place] = {
        str(charge): Place(pk)
        for charge, pk in Payment.objects.filter(
            charge_id__in=sources, status=PaymentStatus.SUCCEEDED
        ).values_list("charge_id", "id")
    }
    for row in Refund.objects.filter(gateway_id__in=sources):
        places[row.gateway_id or ""] = Place(row.payment_id, row.status == RefundStatus.FAILED)
    for name, pk in Dispute.objects.filter(gateway_id__in=sources).values_list(
        "gateway_id", "payment_id"
    ):
        places[name] = Place(pk)
    return places


def _source(each: GatewayBalance) -> str:
    return each.source or each.id


def _keep_payouts(page: Sequence[GatewayPayout], now: datetime) -> None:
    Payout.objects.bulk_create(
        (
            Payout(
                id=each.id, amount_minor=each.amount, currency=each.currency, status=each.status,
                created_at=each.created_at, arrives_on=each.arrives_at.date(), seen_at=now,
            )
            for each in page
        ),
        update_conflicts=True, unique_fields=["id"], update_fields=["status", "arrives_on", "seen_at"],
    )  # fmt: skip


def _payouts(span: Span) -> Iterator[Finding]:
    for payout in Payout.objects.filter(created_at__gte=span.since, created_at__lt=span.until):
        carried = _carried(payout, span)
        if carried != payout.amount_minor:
            yield Finding(
                kind=_K.PAYOUT_SUM, subject=payout.id, ours_minor=carried,
                theirs_minor=payout.amount_minor, theirs_word=payout.status,
                happened_at=payout.created_at,
            )  # fmt: skip


def _carried(payout: Payout, span: Span) -> int:
    """The net sum of what the payout took to the bank; asked of Stripe until it fits.

    What it carried from before the span may never have been mirrored: there Stripe's word stands.
    """
    mirrored = BalanceTransaction.objects.filter(payout=payout.id)
    net = Sum(F("amount_minor") - F("fee_minor"), default=0)
    if mirrored.aggregate(net=net)["net"] == payout.amount_minor:
        return payout.amount_minor
    told = lists.balance_moves(BEGINNING, payout.created_at + A_DAY, payout=payout.id)
    carried = {each.id: each for each in told if not each.kind.startswith("payout")}
    BalanceTransaction.objects.filter(id__in=carried).update(payout=payout.id)
    known = set(mirrored.values_list("id", flat=True))
    older = sum(
        each.amount - each.fee
        for each in carried.values()
        if each.created_at < span.since and each.id not in known
    )
    return int(mirrored.aggregate(net=net)["net"]) + older


# Net by source on both sides: what only one side has, and what differs. A refund that is on its way left Stripe's
# balance already and ours not yet.
_COMPARED = r"""
WITH touched AS (
    SELECT source FROM payments_balancetransaction
        WHERE created_at >= %(since)s AND created_at < %(until)s
    UNION
    SELECT source FROM payments_ledgermovement
        WHERE at >= %(since)s AND at < %(until)s AND source NOT LIKE '__\_sample\_%%'
), theirs AS (
    SELECT source, sum(amount_minor - fee_minor) AS total, min(created_at) AS at
        FROM payments_balancetransaction WHERE source IN (SELECT source FROM touched) GROUP BY source
), ours AS (
    SELECT m.source, sum(e.amount_minor) AS total, min(m.at) AS at, (array_agg(m.payment_id))[1] AS payment_id
        FROM payments_ledgermovement m
        JOIN payments_ledgerentry e ON e.movement_id = m.id AND e.account = 'stripe'
        WHERE m.source IN (SELECT source FROM touched) GROUP BY m.source
)
SELECT CASE WHEN ours.source IS NULL THEN 'ledger_missing' WHEN theirs.source IS NULL THEN 'ledger_unknown'
        ELSE 'ledger_amount' END,
    source, ours.payment_id, ours.total::bigint, theirs.total::bigint, coalesce(theirs.at, ours.at)
FROM ours FULL JOIN theirs USING (source)
WHERE coalesce(ours.total, 0) <> coalesce(theirs.total, 0)
    AND NOT EXISTS (SELECT FROM payments_refund r WHERE r.gateway_id = source AND r.status = 'pending')
ORDER BY 6
"""
