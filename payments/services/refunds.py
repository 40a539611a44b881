"""Giving money back: the decision reserves its amount first, a saga sends it, the gateway's word ends it.

All refunds of a payment that have not failed never pass what was taken: `refunded_minor` is raised by one
conditional statement before anything else happens, and lowered when a refund fails.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef

from core.audit import services as audit
from core.crashpoints import crash_point
from core.errors import Invalid
from core.money import Money
from core.outbox.events import publish
from core.sagas import engine
from courses import selectors as courses
from courses.services import bookings
from payments import policy, selectors
from payments.events import RefundFailed, RefundSucceeded
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
from payments.models import Dispute, Payment, PaymentStatus, Refund, RefundReason, RefundStatus
from payments.models.gateway_call import KeyTooOld
from payments.models.states import DISPUTE_OPEN
from payments.services.refusals import DisputeOpen, NotRefundable, RefundExceedsPayment

log = structlog.get_logger(__name__)
SAGA = "refund"
NOTE_LENGTH_MAX = 2000
_R = RefundStatus


@transaction.atomic
def request(
    *,
    payment_id: UUID | str,
    amount_minor: int,
    reason: str,
    note: str = "",
    cancel_places: bool = False,
    attendee_ids: Collection[UUID | str] | None = None,
    actor: str,
    now: datetime,
) -> Refund:
    """The decision to give this much back, with its places cancelled if asked; a worker sends it after commit.

    Raises Invalid, NotRefundable, DisputeOpen, RefundExceedsPayment, and what `bookings.cancel` raises.
    """
    _refuse_bad_input(amount_minor, reason, note)
    payment = selectors.payment(payment_id)
    _reserve(payment, amount_minor)
    refund = Refund.ask(
        payment=payment,
        amount=Money(amount_minor, payment.currency),
        reason=reason,
        note=note,
        cancels_places=cancel_places,
        actor=actor,
        now=now,
    )
    refund.approve(actor=actor, cause="within limits", now=now)
    _audit(refund, "refund.requested", actor, now)
    if cancel_places:
        bookings.cancel(
            booking_id=payment.booking_id,
            attendee_ids=attendee_ids,
            cause=f"refund: {reason}",
            actor=actor,
            now=now,
        )
    _start(refund, now)
    return refund


def retry(*, refund_id: UUID | str, actor: str, now: datetime) -> Refund:
    """A failed one again, as a new refund of the same amount; raises Conflict where it hasn't failed."""
    failed = selectors.refund(refund_id)
    if failed.status != _R.FAILED:
        raise NotRefundable("Only a refund that failed can be tried again.")
    return request(
        payment_id=failed.payment_id,
        amount_minor=failed.amount_minor,
        reason=failed.reason if failed.reason != RefundReason.EXTERNAL else RefundReason.GOODWILL,
        note=failed.note,
        actor=actor,
        now=now,
    )


@transaction.atomic
def settle_by_hand(*, refund_id: UUID | str, note: str, actor: str, now: datetime) -> Refund:
    """A failed refund was paid by bank transfer. Its amount is taken from what can still be given back."""
    if not note.strip():
        raise Invalid(fields={"note": ["Say how and when it was paid."]})
    refund = selectors.refund(refund_id)
    _reserve(refund.payment, refund.amount_minor)
    refund.settle_by_hand(actor=actor, cause=note, now=now)
    _audit(refund, "refund.settled_by_hand", actor, now, note)
    _tell_succeeded(refund, now)
    return refund


# --- Called by the saga ----------------------------------------------------------------------------


def send(refund: Refund, *, booking: str, now: datetime) -> None:
    """Ask the gateway, or find out what became of the asking. Raises Busy when nothing was done."""
    if refund.status == _R.APPROVED:
        if selectors.has_open_dispute(refund.payment_id):
            return reject(refund, cause="a dispute opened", now=now)
        refund.send(now=now)
        crash_point("CP16")
    if refund.status == _R.IN_FLIGHT:
        _send(refund, booking, now)
    elif refund.status == _R.UNKNOWN:
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


@transaction.atomic
def reject(refund: Refund, *, cause: str, now: datetime) -> None:
    refund.reject(actor="system", cause=cause, now=now)
    _release(refund)


@transaction.atomic
def adopt(*, payment: Payment, answer: GatewayRefund, now: datetime) -> Refund | None:
    """A refund made at the gateway itself; None for one that failed there before we heard of it."""
    if answer.status not in ("succeeded", "pending", "requires_action"):
        return None
    raised = Payment.objects.filter(
        pk=payment.pk, captured_minor__gte=F("refunded_minor") + answer.amount
    ).update(refunded_minor=F("refunded_minor") + answer.amount)
    if not raised:
        log.error("external_refund_exceeds_payment", payment=str(payment.id), refund=answer.id)
        raise RefundExceedsPayment
    done = answer.status == "succeeded"
    refund = Refund.adopt(
        payment=payment,
        gateway_id=answer.id,
        amount=Money(answer.amount, answer.currency),
        status=_R.SUCCEEDED if done else _R.PENDING,
        now=now,
    )
    if done:
        _tell_succeeded(refund, now)
    else:
        _start(refund, now)
    return refund


# --- The reservation -------------------------------------------------------------------------------


def _reserve(payment: Payment, amount_minor: int) -> None:
    """One conditional statement: of two that want more than is left, one is refused before the gateway."""
    open_dispute = Dispute.objects.filter(payment=OuterRef("pk"), status__in=DISPUTE_OPEN)
    raised = Payment.objects.filter(
        ~Exists(open_dispute),
        pk=payment.pk,
        status=PaymentStatus.SUCCEEDED,
        captured_minor__gte=F("refunded_minor") + amount_minor,
    ).update(refunded_minor=F("refunded_minor") + amount_minor)
    if not raised:
        raise _why_not(payment)


def _why_not(payment: Payment) -> Exception:
    payment = selectors.payment(payment.id)
    if payment.status != PaymentStatus.SUCCEEDED:
        return NotRefundable()
    if selectors.has_open_dispute(payment.id):
        return DisputeOpen()
    return RefundExceedsPayment(refundable=payment.refundable.as_json())


def _release(refund: Refund) -> None:
    Payment.objects.filter(pk=refund.payment_id).update(
        refunded_minor=F("refunded_minor") - refund.amount_minor
    )


# --- Sending ---------------------------------------------------------------------------------------


def _send(refund: Refund, booking: str, now: datetime) -> None:
    try:
        answer = _ask(refund, booking, now)
    except NotSent:
        raise
    except Unreachable as error:
        refund.lose_sight(cause=error.gateway_code, now=now)
    except KeyTooOld:
        refund.lose_sight(cause="key too old", now=now)
    except (Rejected, AlreadyDone) as error:
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
    try:
        answer = _found(refund, booking, now)
    except (Busy, Unreachable):
        return refund.note_check(absent_at=refund.absent_at)
    if answer is not None:
        return apply(refund, answer, now=now)
    first = refund.absent_at
    if first is not None and now - first >= policy.ABSENCE_PROOF:
        return _fail(refund, "never_arrived", now)
    return refund.note_check(absent_at=first or now)


def _found(refund: Refund, booking: str, now: datetime) -> GatewayRefund | None:
    """The same key while it is remembered, else all refunds of the payment are looked through."""
    try:
        return _ask(refund, booking, now)
    except (Unreachable, Rejected, AlreadyDone, KeyTooOld):
        return gateway.find_refund(refund.operation_id, payment_id=refund.payment.gateway_id or "")


# --- Endings ---------------------------------------------------------------------------------------


@transaction.atomic
def _succeed(refund: Refund, gateway_id: str, now: datetime) -> None:
    refund.succeed(gateway_id=gateway_id, now=now)
    _tell_succeeded(refund, now)


@transaction.atomic
def _fail(refund: Refund, code: str, now: datetime, gateway_id: str | None = None) -> None:
    """Also after success: a bank may send the money back weeks later."""
    after_success = refund.status == _R.SUCCEEDED
    facts = {"gateway_id": gateway_id} if gateway_id else {}
    refund.fail(code=code[:64], now=now, **facts)
    _release(refund)
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


def _tell_succeeded(refund: Refund, now: datetime) -> None:
    publish(
        RefundSucceeded(
            refund_id=str(refund.id),
            payment_id=str(refund.payment_id),
            booking_id=str(refund.payment.booking_id),
            amount_minor=refund.amount_minor,
            currency=refund.currency,
            reason=refund.reason,
            at=now.isoformat(),
        ),
        now=now,
    )


def _start(refund: Refund, now: datetime) -> None:
    booking = courses.booking(refund.payment.booking_id)
    engine.start(
        name=SAGA,
        subject_id=refund.id,
        data={"booking": booking.reference},
        now=now,
        in_background=True,
    )


def _refuse_bad_input(amount_minor: int, reason: str, note: str) -> None:
    if type(amount_minor) is not int or amount_minor < 1:
        raise Invalid(fields={"amount": ["Enter an amount above £0.00."]})
    if reason not in RefundReason.values or reason == RefundReason.EXTERNAL:
        raise Invalid(fields={"reason": ["Choose a reason."]})
    if len(note) > NOTE_LENGTH_MAX:
        raise Invalid(fields={"note": [f"Use at most {NOTE_LENGTH_MAX} characters."]})


def _audit(refund: Refund, action: str, actor: str, now: datetime, note: str = "") -> None:
    audit.record(
        subject=f"payments.refund:{refund.id}",
        action=action,
        actor=actor,
        reason=refund.reason,
        after={
            "payment": str(refund.payment_id),
            "amount_minor": refund.amount_minor,
            "cancels_places": refund.cancels_places,
        },
        now=now,
    )
