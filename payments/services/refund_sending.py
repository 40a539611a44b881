"""A refund on its way: sent once, found out about when its answer is lost, ended by the gateway's word."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet

from core.crashpoints import crash_point
from core.money import Money
from core.outbox.events import publish
from payments import policy, selectors
from payments.events import RefundFailed
from payments.gateways import stripe as gateway
from payments.gateways.base import (
    AlreadyDone,
    Busy,
    GatewayRefund,
    NotSent,
    Operation,
    Rejected,
    Unreachable,
)
from payments.models import GatewayCall, Payment, Refund, RefundStatus
from payments.models.gateway_call import KeyTooOld
from payments.models.refund import DISPUTED
from payments.services import refund_quotes, refunds, reservations

NEVER_ARRIVED = "never_arrived"
KNOWN_STATUSES = ("succeeded", "pending", "requires_action", "failed", "canceled")
_R = RefundStatus


def send(refund: Refund, *, booking: str, now: datetime) -> None:
    """Ask the gateway, or find out what became of the asking. Raises Busy when nothing was done."""
    if refund.status == _R.APPROVED:
        if selectors.has_open_dispute(refund.payment_id):
            reject(refund, cause="a dispute opened", failure_code=DISPUTED, now=now)
            return
        refund.send(now=now)
        crash_point("CP16")
    if refund.status == _R.IN_FLIGHT:
        _send(refund, booking, now)
    elif refund.status == _R.UNKNOWN and refund.may_look(now):
        _look_again(refund, booking, now)


def look(refund: Refund, *, now: datetime) -> None:
    """What the gateway says of a refund that is on its way."""
    apply(refund, gateway.refund(refund.gateway_id or ""), now=now)


def apply(refund: Refund, answer: GatewayRefund, *, now: datetime) -> None:
    """The gateway's word becomes the refund's state; what is already so stays so."""
    match answer.status:
        case "succeeded" if refund.may("succeed"):
            _succeed(refund, answer.id, now)
        case "pending" | "requires_action" if refund.may("pend"):
            refund.pend(gateway_id=answer.id, now=now)
        case "failed" | "canceled" if refund.may("fail"):
            _fail(refund, answer.failure_reason or answer.status, now, gateway_id=answer.id)
        case status if status not in KNOWN_STATUSES:
            raise Unreachable("unknown_status")


@transaction.atomic
def reject(refund: Refund, *, cause: str, failure_code: str, now: datetime) -> None:
    refund.reject(actor="system", cause=cause, failure_code=failure_code, now=now)
    reservations.release(refund)


@transaction.atomic
def adopt(
    *, payment: Payment, answer: GatewayRefund, now: datetime, retry_of: Refund | None = None
) -> Refund | None:
    """A refund made at the gateway itself; None for one that failed there before we heard of it.

    `retry_of` is the one of ours that was given up before the gateway carried it out after all: it has
    its successor then, so that nobody sends the money a second time.
    """
    if answer.status not in ("succeeded", "pending", "requires_action"):
        return None
    reservations.reserve_for_external(payment, answer.amount)
    done = answer.status == "succeeded"
    lines = refund_quotes.credit_lines(
        payment=payment, amount_minor=answer.amount, retry_of=retry_of
    )
    refund = Refund.adopt(
        payment=payment,
        credit_lines=lines,
        gateway_id=answer.id,
        amount=Money(answer.amount, answer.currency),
        status=_R.SUCCEEDED if done else _R.PENDING,
        retry_of=retry_of,
        now=now,
    )
    if done:
        refunds.tell_succeeded(refund, now)
    else:
        refunds.start(refund, now)
    return refund


def _send(refund: Refund, booking: str, now: datetime) -> None:
    try:
        answer = _ask(refund, booking, now)
    except NotSent:
        raise
    except Unreachable as error:
        _lose_sight(refund, error.gateway_code, now)
    except KeyTooOld:
        _lose_sight(refund, "key too old", now)
    except (Rejected, AlreadyDone) as error:
        if _sent_before(refund):
            _lose_sight(refund, error.code or "rejected", now)
        else:
            _fail(refund, error.code or "rejected", now)
    else:
        crash_point("CP17")
        apply(refund, answer, now=now)


def _ask(refund: Refund, booking: str, now: datetime) -> GatewayRefund:
    return gateway.give_back(
        Operation(id=refund.operation_id, payment_id=refund.payment_id),
        payment_id=refund.payment.gateway_id or "",
        amount_minor=refund.amount_minor,
        reason=policy.stripe_reason(refund.reason),
        booking=booking,
        now=now,
    )


def _look_again(refund: Refund, booking: str, now: datetime) -> None:
    """Nobody knows its outcome. A request may arrive minutes after it was sent, so that absence is
    proved only by a look that sends nothing, long enough after the last one that did."""
    nothing_under_way = now - _last_sent_at(refund) >= policy.ABSENCE_PROOF
    try:
        answer = _listed(refund) if nothing_under_way else _found(refund, booking, now)
    except (Busy, Unreachable):
        _note_check(refund, refund.absent_at, now)
        return
    if answer is not None:
        apply(refund, answer, now=now)
    elif nothing_under_way:
        _fail(refund, NEVER_ARRIVED, now)
    else:
        _note_check(refund, refund.absent_at or now, now)


def _found(refund: Refund, booking: str, now: datetime) -> GatewayRefund | None:
    """By the same key, and where that brings no answer, by looking through the payment's refunds."""
    try:
        return _ask(refund, booking, now)
    except (Unreachable, Rejected, AlreadyDone, KeyTooOld):
        return _listed(refund)


def _listed(refund: Refund) -> GatewayRefund | None:
    return gateway.find_refund(refund.operation_id, payment_id=refund.payment.gateway_id or "")


def _sends(refund: Refund) -> QuerySet[GatewayCall]:
    return GatewayCall.objects.filter(operation_id=refund.operation_id, verb="refund")


def _sent_before(refund: Refund) -> bool:
    """Whether a request went out before this one: a refusal of the second says nothing of the first."""
    return _sends(refund).filter(sends__gt=1).exists()


def _last_sent_at(refund: Refund) -> datetime:
    last: datetime | None = _sends(refund).aggregate(last=Max("last_sent_at"))["last"]
    return last or refund.changed_at


@transaction.atomic
def _succeed(refund: Refund, gateway_id: str, now: datetime) -> None:
    refund.succeed(gateway_id=gateway_id, now=now)
    refunds.tell_succeeded(refund, now)


@transaction.atomic
def _fail(refund: Refund, code: str, now: datetime, gateway_id: str | None = None) -> None:
    """Also after success: a bank may send the money back weeks later."""
    after_success = refund.status == _R.SUCCEEDED
    facts = {"gateway_id": gateway_id} if gateway_id else {}
    # The payment's row first, as whoever decides on a refund takes it: a credit note may wait for this refund's.
    reservations.release(refund)
    refund.fail(code=code[:64], now=now, **facts)
    publish(
        RefundFailed(
            refund_id=str(refund.id),
            payment_id=str(refund.payment_id),
            booking_id=str(refund.payment.booking_id),
            amount_minor=refund.amount_minor,
            currency=refund.currency,
            after_success=after_success,
            at=now.isoformat(),
        ),
        now=now,
    )


def _lose_sight(refund: Refund, cause: str, now: datetime) -> None:
    refund.lose_sight(cause=cause, due_at=policy.next_check(refund.checks, now), now=now)


def _note_check(refund: Refund, absent_at: datetime | None, now: datetime) -> None:
    refund.note_check(
        absent_at=absent_at, next_due_at=policy.next_check(refund.checks + 1, now), now=now
    )
