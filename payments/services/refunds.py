"""Giving money back: the decision reserves its amount first, a saga sends it, the gateway's word ends it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.audit import services as audit
from core.database.transactions import rerun_on_conflict
from core.errors import Invalid
from core.money import Money
from core.outbox.events import publish
from core.sagas import engine
from courses import selectors as courses
from courses.services import bookings
from fraud.services import outcomes
from payments import selectors
from payments.events import RefundSucceeded
from payments.models import Payment, Refund, RefundReason, RefundStatus
from payments.services import refund_limits, refund_quotes, reservations
from payments.services.refusals import (
    NotRefundable,
    RefundChanged,
    RefundNotFound,
    TriedAgain,
)

SAGA = "refund"
NOTE_LENGTH_MAX = 2000
_R = RefundStatus


@rerun_on_conflict
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

    Above the limits a second person approves first: it stays asked for, and what staff want cancelled waits with it.

    `shown_vat_minor` is the VAT of the credit note as whoever decides was shown it: RefundChanged if it is another now.
    Raises Invalid, NotRefundable, DisputeOpen, RefundExceedsPayment, and what `bookings.cancel` raises.
    """
    _refuse_bad_input(amount_minor, reason, note)
    payment = selectors.payment(payment_id)
    amount = Money(amount_minor, payment.currency)
    second = not retry_of and why_second_person(
        payments=refund_quotes.together_with(payment), amount=amount, leaving=attendee_ids,
        actor=actor, now=now,
    )  # fmt: skip
    return _decide(
        payment, amount, reason=reason, note=note, cancel_places=cancel_places,
        attendee_ids=attendee_ids, second=bool(second), actor=actor, now=now, retry_of=retry_of,
        shown_vat_minor=shown_vat_minor,
    )  # fmt: skip


@rerun_on_conflict
@transaction.atomic
def request_of_all(
    *,
    payments: Sequence[Payment],
    amount_minor: int,
    reason: str,
    note: str = "",
    cancel_places: bool = False,
    attendee_ids: Collection[UUID | str] | None = None,
    actor: str,
    now: datetime,
    shown_vat_minor: int | None = None,
) -> list[Refund]:
    """The same, of all that paid for one booking, newest first: a refund for each that something comes from, or none.

    A second person is asked for by their sum. Raises what `request` raises.
    """
    _refuse_bad_input(amount_minor, reason, note)
    amount = Money(amount_minor, payments[0].currency)
    second = why_second_person(
        payments=payments, amount=amount, leaving=attendee_ids, actor=actor, now=now
    )
    leaving = _active(payments[0], attendee_ids) if cancel_places else attendee_ids
    decided = [
        _decide(
            payment, part, reason=reason, note=note, cancel_places=cancel_places,
            attendee_ids=leaving, second=bool(second), actor=actor, now=now,
        )
        for payment, part in refund_quotes.spread(payments, amount)
    ]  # fmt: skip
    vat_minor = sum(vat for each in decided for _, _, vat in each.credit_lines or [])
    if shown_vat_minor is not None and shown_vat_minor != vat_minor:
        raise RefundChanged
    return decided


@rerun_on_conflict
@transaction.atomic
def retry(*, refund_id: UUID | str, actor: str, now: datetime) -> Refund:
    """A failed one again, or one that a dispute stopped, once, as a new refund of the same amount.

    Raises NotRefundable, TriedAgain, and DisputeOpen while the bank has the payment in question.
    """
    failed = _failed(refund_id, or_stopped=True)
    return request(
        payment_id=failed.payment_id,
        amount_minor=failed.amount_minor,
        reason=failed.reason if failed.reason != RefundReason.EXTERNAL else RefundReason.GOODWILL,
        note=failed.note,
        actor=actor,
        retry_of=failed,
        now=now,
    )


@rerun_on_conflict
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
    audited(refund, "refund.settled_by_hand", actor, now, note)
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


def cancel_places_of(refund: Refund, *, actor: str, now: datetime) -> None:
    """The places that were to go with it; those that are cancelled already stay so."""
    bookings.cancel(
        booking_id=refund.payment.booking_id,
        attendee_ids=refund.leaving,
        cause=f"refund: {refund.reason}",
        actor=actor,
        now=now,
    )


def why_second_person(
    *, payments: Sequence[Payment], amount: Money, leaving: Collection[UUID | str] | None,
    actor: str, now: datetime,
) -> str:  # fmt: skip
    """Why somebody else has to approve this; "" when nobody has to."""
    booking = courses.booking(payments[0].booking_id)
    by_policy = refund_quotes.quote(payments=payments, booking=booking, leaving=leaving, now=now)
    over_policy = max(amount - by_policy.policy_amount, Money.zero(amount.currency))
    return refund_limits.why_second_person(
        actor=actor, amount=amount, over_policy=over_policy, now=now
    )


def _decide(
    payment: Payment, amount: Money, *, reason: str, note: str, cancel_places: bool,
    attendee_ids: Collection[UUID | str] | None, second: bool, actor: str, now: datetime,
    retry_of: Refund | None = None, shown_vat_minor: int | None = None,
) -> Refund:  # fmt: skip
    waits = second and actor != refund_limits.CUSTOMER
    reservations.reserve(payment, amount.minor)
    # The reservation has locked the payment: of two decisions the second sees what the first one takes.
    lines = refund_quotes.credit_lines(
        payment=payment, amount_minor=amount.minor, retry_of=retry_of
    )
    if shown_vat_minor is not None and shown_vat_minor != sum(vat for _, _, vat in lines):
        raise RefundChanged
    refund = Refund.ask(
        payment=payment,
        amount=amount,
        reason=reason,
        note=note,
        cancels_places=cancel_places,
        actor=actor,
        retry_of=retry_of,
        credit_lines=lines,
        needs_approval=second,
        leaving=_active(payment, attendee_ids) if cancel_places else None,
        now=now,
    )
    audited(refund, "refund.requested", actor, now)
    if cancel_places and not waits:
        cancel_places_of(refund, actor=actor, now=now)
    if not second:
        refund.approve(actor=actor, cause="within limits", now=now)
        start(refund, now)
    return refund


def _active(payment: Payment, attendee_ids: Collection[UUID | str] | None) -> list[str]:
    """Whose places go; refused now, not when somebody approves, if one of them is nobody's here."""
    people = {str(each.pk): each for each in courses.booking(payment.booking_id).attendees.all()}
    if attendee_ids is None:
        return [key for key, each in people.items() if each.is_active]
    wanted = [str(each) for each in attendee_ids]
    if not set(wanted) <= set(people):
        raise Invalid(fields={"attendees": ["Choose people of this booking."]})
    return wanted


def _failed(refund_id: UUID | str, *, or_stopped: bool = False) -> Refund:
    """The failed row, locked, so that of two people who act on it one comes second and is refused."""
    rows = Refund.objects.select_for_update(of=("self",), no_key=True).select_related("payment")
    refund = rows.filter(pk=refund_id).first()
    if refund is None:
        raise RefundNotFound
    stopped = or_stopped and refund.was_stopped
    if refund.status != _R.FAILED and not stopped:
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


def audited(refund: Refund, action: str, actor: str, now: datetime, note: str = "") -> None:
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
