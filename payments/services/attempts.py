"""One attempt to pay, brought forward by asking the gateway; each function may be repeated after a crash.

What the gateway answers becomes the payment's state here and nowhere else. No answer makes it `unknown`,
and only the gateway's own word, or twice its word that it knows nothing, ends that.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings

from payments import policy
from payments.gateways import stripe as gateway
from payments.gateways.base import (
    AlreadyDone,
    Busy,
    Declined,
    Failure,
    GatewayPayment,
    NotSent,
    Operation,
    Rejected,
    Unreachable,
)
from payments.models import GatewayCall, Payment, PaymentStatus
from payments.models.gateway_call import KeyTooOld
from payments.policy import ABSENCE_PROOF, AUTHENTICATION_FAILURE, AUTHORISATION_TIME
from payments.services import endings, subjects

log = structlog.get_logger(__name__)
_P = PaymentStatus


def authorise(
    payment: Payment, *, booking: str, return_url: str, three_d_secure: bool, now: datetime
) -> None:
    """Ask, look, or look again, as the payment's state demands; leaves it in the state that came out.

    Raises Busy when nothing was done and it should be tried again.
    """
    how = {"booking": booking, "return_url": return_url, "three_d_secure": three_d_secure}
    if payment.status == _P.CREATED:
        payment.send(now=now)
    if payment.status == _P.IN_FLIGHT:
        _send(payment, how, now)
    elif payment.status in (_P.REQUIRES_ACTION, _P.PROCESSING):
        _look(payment, now)
    elif payment.status == _P.UNKNOWN and payment.may_look(now):
        _look_again(payment, how, now)


def capture(payment: Payment, *, now: datetime) -> int | None:
    """Take what was authorised; the amount taken, or None when the payment's state says why not."""
    if payment.status == _P.UNKNOWN:
        return _find_captured(payment, now) if payment.may_look(now) else None
    if payment.status == _P.AUTHORISED:
        payment.capture(now=now)
    try:
        answer = gateway.capture(
            _operation(payment),
            payment_id=_gateway_id(payment),
            amount_minor=payment.amount_minor,
            now=now,
        )
    except (AlreadyDone, KeyTooOld):
        answer = gateway.payment(_gateway_id(payment))
    except NotSent:
        raise
    except Unreachable as error:
        _lose_sight(payment, error.gateway_code, now)
        return None
    return _captured(payment, answer, now)


def cancel(payment: Payment, *, reason: str, now: datetime) -> bool:
    """Have the gateway let the money go; False when the payment turned out to be past that.

    Raises Unreachable or Busy: then nothing is known to be cancelled.
    """
    try:
        gateway.cancel(_operation(payment), payment_id=_gateway_id(payment), reason=reason, now=now)
    except (AlreadyDone, KeyTooOld):
        return gateway.payment(_gateway_id(payment)).status == "canceled"
    return True


def is_authorised(payment: Payment) -> bool:
    """Whether the gateway still holds the money for us."""
    return gateway.payment(_gateway_id(payment)).status == "requires_capture"


# --- The first question --------------------------------------------------------------------------


def _send(payment: Payment, how: Mapping[str, Any], now: datetime) -> None:
    try:
        answer = _ask(payment, how, now)
    except Declined as error:
        _decline(payment, error, now)
    except NotSent as error:
        _not_sent(payment, error, now)
    except Unreachable as error:
        _lose_sight(payment, error.gateway_code, now)
    except KeyTooOld:
        _lose_sight(payment, "key too old", now)
    except (Rejected, AlreadyDone) as error:
        log.error("authorisation_rejected", payment=str(payment.id), code=error.code)
        endings.failed(payment, code=error.code or "rejected", now=now)
    else:
        _apply(payment, answer, now)


def _ask(payment: Payment, how: Mapping[str, Any], now: datetime) -> GatewayPayment:
    return gateway.authorise(
        _operation(payment),
        token=payment.confirmation_token,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        now=now,
        **how,
    )


def _not_sent(payment: Payment, error: NotSent, now: datetime) -> None:
    """Certainly not arrived, unless an earlier send under the same key did."""
    earlier = GatewayCall.objects.filter(
        operation_id=payment.operation_id, verb="authorise", sends__gt=1
    )
    if earlier.exists():
        _lose_sight(payment, error.gateway_code, now)
    else:
        endings.failed(payment, code="gateway_unreachable", now=now)


# --- Looking -------------------------------------------------------------------------------------


def _look(payment: Payment, now: datetime) -> None:
    _apply(payment, gateway.payment(_gateway_id(payment)), now)


def _look_again(payment: Payment, how: Mapping[str, Any], now: datetime) -> None:
    """Once more, for a payment whose outcome nobody knows."""
    try:
        answer = _found(payment, how, now)
    except Declined as error:
        return _decline(payment, error, now)
    except (Busy, Unreachable):
        return _note_check(payment, payment.absent_at, now)
    if answer is not None:
        return _apply(payment, answer, now)
    return _absent(payment, now)


def _found(payment: Payment, how: Mapping[str, Any], now: datetime) -> GatewayPayment | None:
    """What the gateway has of this operation; None when it says that it has nothing.

    The same key first, while the gateway is sure to remember it. Where that brings no answer (a stored
    error is replayed for ever), all payments of that time are looked through for our operation.
    """
    if payment.gateway_id:
        return gateway.payment(payment.gateway_id)
    try:
        return _ask(payment, how, now)
    except (Unreachable, Rejected, AlreadyDone, KeyTooOld):
        call = GatewayCall.objects.get(operation_id=payment.operation_id, verb="authorise")
        return gateway.find_payment(payment.operation_id, around=call.first_sent_at)


def _absent(payment: Payment, now: datetime) -> None:
    first = payment.absent_at
    if first is not None and now - first >= ABSENCE_PROOF:
        endings.failed(payment, code="never_arrived", now=now)
    else:
        _note_check(payment, first or now, now)


# --- What the gateway says -----------------------------------------------------------------------


def _apply(payment: Payment, answer: GatewayPayment, now: datetime) -> None:
    facts = _facts(answer, now)
    match answer.status:
        case "requires_capture" | "succeeded":
            payment.authorise(now=now, **facts)
        case "requires_action" | "requires_confirmation":
            if payment.status != _P.REQUIRES_ACTION:
                payment.require_action(now=now, client_secret=answer.client_secret, **facts)
        case "processing":
            if payment.may("process"):
                payment.process(now=now, **facts)
        case "canceled":
            payment.gateway_id = answer.id
            endings.abandoned(payment, cause="cancelled at the gateway", now=now)
        case "requires_payment_method":
            _fall_back(payment, answer, facts, now)
        case _:
            raise Unreachable("unknown_status")


def _fall_back(
    payment: Payment, answer: GatewayPayment, facts: Mapping[str, Any], now: datetime
) -> None:
    """The bank said no after its own check. The page knows this payment's secret, so it is closed at the
    gateway too: no browser can bring it back to life with another card."""
    failure = answer.failure or Failure(AUTHENTICATION_FAILURE, "")
    if payment.status == _P.REQUIRES_ACTION or payment.client_secret:
        cancel(payment, reason="abandoned", now=now)
    endings.failed(payment, code=failure.code, decline_code=failure.decline_code, now=now, **facts)


def _decline(payment: Payment, error: Declined, now: datetime) -> None:
    facts = _facts(error.payment, now) if error.payment else {}
    endings.failed(payment, code=error.code, decline_code=error.decline_code, now=now, **facts)


def _facts(answer: GatewayPayment, now: datetime) -> dict[str, Any]:
    facts: dict[str, Any] = {"gateway_id": answer.id}
    if answer.charge is not None:
        card = answer.charge.card
        facts |= {
            "charge_id": answer.charge.id,
            "card_brand": card.brand[:40],
            "card_last4": card.last4[:4],
            "card_country": card.country[:2],
            "three_d_secure": card.three_d_secure[:40],
            "card_facts": subjects.charged_card(answer.charge),
            "authorised_until": answer.charge.capture_before or now + AUTHORISATION_TIME,
        }
    return facts


# --- Taking it -----------------------------------------------------------------------------------


def _captured(payment: Payment, answer: GatewayPayment, now: datetime) -> int | None:
    if answer.status == "succeeded":
        return answer.amount_received
    if answer.status == "canceled":
        endings.lapsed(payment, now=now)
        return None
    raise Unreachable(f"capture_{answer.status}")


def _find_captured(payment: Payment, now: datetime) -> int | None:
    """After a capture without an answer: taken, let go, or (still only authorised) to be asked again."""
    try:
        answer = gateway.payment(_gateway_id(payment))
    except (Busy, Unreachable):
        _note_check(payment, None, now)
        return None
    if answer.status == "requires_capture":
        _note_check(payment, None, now)
        payment.authorise(now=now)
        return capture(payment, now=now)
    return _captured(payment, answer, now)


def _operation(payment: Payment) -> Operation:
    return Operation(id=payment.operation_id, payment_id=payment.id)


def _gateway_id(payment: Payment) -> str:
    if not payment.gateway_id:
        raise Unreachable("no_gateway_id")
    return payment.gateway_id


def return_url(token: str) -> str:
    """Where a bank's own page sends the customer back to."""
    return f"{settings.SITE_URL}/bookings/{token}/status/"


def _lose_sight(payment: Payment, cause: str, now: datetime) -> None:
    payment.lose_sight(cause=cause, due_at=policy.next_check(payment.checks, now), now=now)


def _note_check(payment: Payment, absent_at: datetime | None, now: datetime) -> None:
    payment.note_check(
        absent_at=absent_at, next_due_at=policy.next_check(payment.checks + 1, now), now=now
    )
