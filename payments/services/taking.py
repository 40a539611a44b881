"""What was authorised is taken, or let go; each may be repeated after a crash.

Refused or unanswered, a capture may still have happened: only what the gateway says of the payment counts.
"""

from datetime import datetime

from payments import policy
from payments.gateways import stripe as gateway
from payments.gateways.base import (
    AlreadyDone,
    Busy,
    Declined,
    GatewayPayment,
    NotSent,
    Rejected,
    Unreachable,
)
from payments.models import Payment, PaymentStatus
from payments.models.gateway_call import KeyTooOld
from payments.models.stateful import Moving
from payments.services import endings, questions

_P = PaymentStatus


class NotTaken(Exception):
    """The gateway holds the money for us and refuses to take it."""


def capture(payment: Payment, *, now: datetime) -> int | None:
    """Take what was authorised; the amount taken, or None when the payment's state says why not.

    Raises NotTaken when the gateway holds the money and won't let us take it, and WrongState for a payment
    that is not at this point.
    """
    if payment.status == _P.UNKNOWN:
        return _find_captured(payment, now) if payment.may_look(now) else None
    if payment.status == _P.CAPTURING:
        return _take(payment, now)
    return _take(payment, now, lambda intent: payment.capture(now=now, intent=intent))


def cancel(payment: Payment, *, now: datetime) -> GatewayPayment:
    """Have the gateway let the money go. The payment as it is there then: "canceled", or already past that.

    Raises Unreachable or Busy: then nothing is known to be cancelled.
    """
    try:
        return gateway.cancel(
            questions.operation(payment), payment_id=questions.gateway_id(payment), now=now
        )
    except AlreadyDone:
        return gateway.payment(questions.gateway_id(payment))


def is_authorised(payment: Payment) -> bool:
    """Whether the gateway still holds the money for us."""
    return gateway.payment(questions.gateway_id(payment)).status == "requires_capture"


def _take(payment: Payment, now: datetime, moving: Moving | None = None) -> int | None:
    """Ask, under the one key there is for it. What the gateway refuses it may have done before: so look."""
    try:
        answer = gateway.capture(
            questions.operation(payment, moving=moving),
            payment_id=questions.gateway_id(payment),
            amount_minor=payment.amount_minor,
            now=now,
        )
    except (AlreadyDone, Declined, Rejected, KeyTooOld):
        answer = gateway.payment(questions.gateway_id(payment))
    except (Busy, Unreachable) as error:
        if payment.status == _P.UNKNOWN:
            questions.note_check(payment, None, now)
        elif isinstance(error, (Busy, NotSent)):
            raise
        else:
            questions.lose_sight(payment, error.gateway_code, now)
        return None
    return _captured(payment, answer, now)


def _find_captured(payment: Payment, now: datetime) -> int | None:
    """After a capture without an answer: taken, let go, or (still only authorised) to be asked again."""
    try:
        answer = gateway.payment(questions.gateway_id(payment))
    except (Busy, Unreachable):
        questions.note_check(payment, None, now)
        return None
    if answer.status != "requires_capture" or payment.checks >= policy.CAPTURE_CHECKS_MAX:
        return _captured(payment, answer, now)
    return _take(payment, now)


def _captured(payment: Payment, answer: GatewayPayment, now: datetime) -> int | None:
    match answer.status:
        case "succeeded":
            return answer.amount_received
        case "canceled":
            endings.lapsed(payment, now=now)
            return None
        case "requires_capture":
            raise NotTaken
    raise Unreachable(f"capture_{answer.status}")
