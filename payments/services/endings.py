"""How an attempt to pay ends: the payment, its booking and what others are told, in one transaction each.

Each is called by a step that may be repeated after a crash; the step finds the payment moved and does not
call again, so every ending is told once.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from core.outbox.events import publish
from fraud.services import outcomes, reviews
from payments.events import (
    MoveNotMade,
    PaymentBlocked,
    PaymentDeclinedByReview,
    PaymentFailed,
    PaymentSucceeded,
)
from payments.models import Payment
from payments.policy import AUTHENTICATION_FAILURE, UNUSABLE_TOKEN
from payments.services import in_hand, owed

# Causes, kept in the payment's `failure_code` and history.
NO_PLACE = "captured, no place left"
UNUSABLE = UNUSABLE_TOKEN
ABANDONED = "abandoned"
BLOCKED = "blocked"
WITHDRAWN = "withdrawn"
CAPTURE_FAILED = "capture_failed"
UNREACHABLE = "gateway_unreachable"
UNREACHED = (UNREACHABLE, "never_arrived")


@transaction.atomic
def failed(
    payment: Payment, *, code: str, now: datetime, decline_code: str = "", **facts: Any
) -> None:
    """The bank said no, or the request certainly never arrived: the customer may try again."""
    payment.fail(
        cause=code, now=now, failure_code=code[:64], decline_code=decline_code[:64], **facts
    )
    owed.failed(payment, cause=code, now=now)
    group = _group(code)
    if group != "unreachable":
        outcomes.record(
            payment_id=payment.id, kind="declined", subject=in_hand.subject(payment.id), now=now
        )
    _tell_failed(payment, group, now)


@transaction.atomic
def abandoned(payment: Payment, *, cause: str, now: datetime, **facts: Any) -> None:
    """Cancelled before any money was set aside, or after it was let go without anybody's fault."""
    payment.cancel(cause=cause, now=now, **facts)
    owed.abandoned(payment, cause=cause, now=now)
    _tell_failed(payment, "abandoned", now)


@transaction.atomic
def never_sent(payment: Payment, *, cause: str, now: datetime) -> None:
    """The bank was never asked, since the token is no good or the gateway can't be reached: the customer
    tries again.

    An outage gives the hold some minutes more. A made-up token does not: it costs nothing to send, so
    places could be kept with it for ever.
    """
    payment.cancel(cause=cause, now=now)
    if cause == UNUSABLE:
        owed.abandoned(payment, cause=cause, now=now)
    else:
        owed.failed(payment, cause=cause, now=now)


@transaction.atomic
def lapsed(payment: Payment, *, now: datetime) -> None:
    """The bank let the money go before we took it: the customer is asked to pay again."""
    was_checked = owed.is_move_being_checked(payment)
    payment.lapse(now=now)
    owed.failed(payment, cause="authorisation ended", now=now)
    if was_checked:
        _tell_not_moved(payment, now)
    _tell_failed(payment, "lapsed", now)


@transaction.atomic
def blocked(payment: Payment, *, now: datetime) -> None:
    """Stopped by our own rules before the card was asked."""
    payment.block(now=now)
    owed.released(payment, cause=BLOCKED, now=now)
    _tell_blocked(payment, now)


@transaction.atomic
def let_go(payment: Payment, *, ending: str, now: datetime) -> None:
    """After its authorisation was released at the gateway. `ending` says whose no it was."""
    was_checked = owed.is_move_being_checked(payment)
    payment.cancel(cause=ending, now=now)
    reviews.withdraw(payment_id=payment.id, now=now)
    if ending == CAPTURE_FAILED:
        owed.failed(payment, cause=ending, now=now)
    else:
        owed.released(payment, cause=ending, now=now)
    if ending == BLOCKED:
        _tell_blocked(payment, now)
    elif ending in ("decline", "lapsed"):
        publish(
            PaymentDeclinedByReview(
                payment_id=str(payment.id),
                booking_id=str(payment.booking_id),
                decision=ending,
                at=now.isoformat(),
            ),
            now=now,
        )
    else:
        _tell_failed(payment, ending, now)
        if was_checked or (payment.move_id and ending == WITHDRAWN):
            _tell_not_moved(payment, now)


@transaction.atomic
def succeeded(payment: Payment, *, captured_minor: int, now: datetime) -> None:
    """The money is ours and the places are the customer's; raises PlacesSoldOut and then changes nothing."""
    payment.succeed(captured_minor=captured_minor, cause="captured", now=now)
    owed.given(payment, now=now)
    _tell_succeeded(payment, now)


@transaction.atomic
def succeeded_without_place(payment: Payment, *, captured_minor: int, now: datetime) -> None:
    """The money came too late: it is ours until the refund that follows."""
    payment.succeed(captured_minor=captured_minor, cause=NO_PLACE, now=now, without_place=True)
    if payment.move_id:
        owed.released(payment, cause=NO_PLACE, now=now)
    _tell_succeeded(payment, now)


@transaction.atomic
def taken_after_all(payment: Payment, *, captured_minor: int, now: datetime) -> None:
    """It was to be let go, and the gateway has taken it: no place goes with it, and a refund follows."""
    if not payment.may("succeed"):
        if payment.may("authorise"):
            payment.authorise(now=now)
        payment.capture(now=now)
    succeeded_without_place(payment, captured_minor=captured_minor, now=now)
    reviews.withdraw(payment_id=payment.id, now=now)
    owed.released(payment, cause=CAPTURE_FAILED, now=now)


def unfinished(payment_id: UUID) -> str:
    """Why a person may not close the payment's journey by hand; "" when nothing stands against it."""
    if not Payment.objects.get(pk=payment_id).is_open:
        return ""
    return (
        "The payment is still open here. Cancel or refund it at Stripe, then try this step again."
    )


def _tell_blocked(payment: Payment, now: datetime) -> None:
    outcomes.record(
        payment_id=payment.id, kind="blocked", subject=in_hand.subject(payment.id), now=now
    )
    publish(
        PaymentBlocked(
            payment_id=str(payment.id), booking_id=str(payment.booking_id), at=now.isoformat()
        ),
        now=now,
    )


def _tell_succeeded(payment: Payment, now: datetime) -> None:
    outcomes.record(
        payment_id=payment.id, kind="succeeded", subject=in_hand.subject(payment.id), now=now
    )
    publish(
        PaymentSucceeded(
            payment_id=str(payment.id),
            booking_id=str(payment.booking_id),
            amount_minor=payment.captured_minor,
            currency=payment.currency,
            at=now.isoformat(),
        ),
        now=now,
    )


def _tell_not_moved(payment: Payment, now: datetime) -> None:
    publish(
        MoveNotMade(
            payment_id=str(payment.id), booking_id=str(payment.booking_id), at=now.isoformat()
        ),
        now=now,
    )


def _tell_failed(payment: Payment, group: str, now: datetime) -> None:
    publish(
        PaymentFailed(
            payment_id=str(payment.id),
            booking_id=str(payment.booking_id),
            group=group,
            at=now.isoformat(),
        ),
        now=now,
    )


def _group(code: str) -> str:
    if code == AUTHENTICATION_FAILURE:
        return "authentication"
    if code in UNREACHED:
        return "unreachable"
    return "declined"
