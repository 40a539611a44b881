"""Giving money back: the decision reserves its amount first, a saga sends it, the gateway's word ends it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.audit import services as audit
from core.errors import Invalid
from core.money import Money
from core.outbox.events import publish
from core.sagas import engine
from courses import selectors as courses
from courses.services import bookings
from fraud.services import outcomes
from payments import selectors
from payments.events import RefundSucceeded
from payments.models import Refund, RefundReason, RefundStatus
from payments.services import refund_quotes, reservations
from payments.services.refusals import (
    NotRefundable,
    RefundChanged,
    RefundNotFound,
    TriedAgain,
)

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
    retry_of: Refund | None = None,
    shown_vat_minor: int | None = None,
) -> Refund:
    """The decision to give this much back, with its places cancelled if asked; a worker sends it after commit.

    `shown_vat_minor` is the VAT of the credit note as whoever decides was shown it: RefundChanged if it is another now.
    Raises Invalid, NotRefundable, DisputeOpen, RefundExceedsPayment, and what `bookings.cancel` raises.
    """
    _refuse_bad_input(amount_minor, reason, note)
    payment = selectors.payment(payment_id)
    reservations.reserve(payment, amount_minor)
    # The reservation has locked the payment: of two decisions the second sees what the first one takes.
    lines = refund_quotes.credit_lines(
        payment=payment, amount_minor=amount_minor, retry_of=retry_of
    )
    if shown_vat_minor is not None and shown_vat_minor != sum(vat for _, _, vat in lines):
        raise RefundChanged
    refund = Refund.ask(
        payment=payment,
        amount=Money(amount_minor, payment.currency),
        reason=reason,
        note=note,
        cancels_places=cancel_places,
        actor=actor,
        retry_of=retry_of,
        credit_lines=lines,
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
    start(refund, now)
    return refund


@transaction.atomic
def retry(*, refund_id: UUID | str, actor: str, now: datetime) -> Refund:
    """A failed one again, once, as a new refund of the same amount. Raises NotRefundable, TriedAgain."""
    failed = _failed(refund_id)
    return request(
        payment_id=failed.payment_id,
        amount_minor=failed.amount_minor,
        reason=failed.reason if failed.reason != RefundReason.EXTERNAL else RefundReason.GOODWILL,
        note=failed.note,
        actor=actor,
        retry_of=failed,
        now=now,
    )


@transaction.atomic
def settle_by_hand(*, refund_id: UUID | str, note: str, actor: str, now: datetime) -> Refund:
    """A failed refund was paid by bank transfer. Its amount is taken from what can still be given back.

    Raises Invalid without a note, NotRefundable, TriedAgain, and what reserving raises.
    """
    if not note.strip():
        raise Invalid(fields={"note": ["Say how and when it was paid."]})
    refund = _failed(refund_id)
    reservations.reserve(refund.payment, refund.amount_minor)
    lines = refund_quotes.credit_lines(
        payment=refund.payment, amount_minor=refund.amount_minor, retry_of=refund
    )
    refund.settle_by_hand(actor=actor, cause=note, credit_lines=lines, now=now)
    _audit(refund, "refund.settled_by_hand", actor, now, note)
    tell_succeeded(refund, now)
    return refund


def unfinished(refund_id: UUID) -> str:
    """Why a person may not close the refund's journey by hand; "" when nothing stands against it."""
    if not selectors.refund(refund_id).is_open:
        return ""
    return "The refund is still open here. Look for it at Stripe, then try this step again."


# --- For those that follow a refund to its end ----------------------------------------------------


def tell_succeeded(refund: Refund, now: datetime) -> None:
    """Money given back because of fraud is a confirmed fraud, and fraud learns from it."""
    if refund.reason == RefundReason.FRAUD:
        outcomes.record(payment_id=refund.payment_id, kind="refunded_as_fraud", now=now)
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


def start(refund: Refund, now: datetime) -> None:
    booking = courses.booking(refund.payment.booking_id)
    engine.start(
        name=SAGA,
        subject_id=refund.id,
        data={"booking": booking.reference},
        now=now,
        in_background=True,
    )


def _failed(refund_id: UUID | str) -> Refund:
    """The failed row, locked, so that of two people who act on it one comes second and is refused."""
    rows = Refund.objects.select_for_update(of=("self",), no_key=True).select_related("payment")
    refund = rows.filter(pk=refund_id).first()
    if refund is None:
        raise RefundNotFound
    if refund.status != _R.FAILED:
        raise NotRefundable("Only a refund that failed can be tried again or paid by hand.")
    if Refund.objects.filter(retry_of=refund).exists():
        raise TriedAgain
    return refund


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
