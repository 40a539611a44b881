"""One attempt to pay, brought forward by asking the gateway; each function may be repeated after a crash.

What the gateway answers becomes the payment's state here and nowhere else. No answer makes it `unknown`,
and only the gateway's own word, or twice its word that it knows nothing, ends that.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings

from payments.gateways import stripe as gateway
from payments.gateways.base import (
    AlreadyDone,
    Busy,
    Declined,
    Failure,
    GatewayError,
    GatewayPayment,
    HeldBack,
    NotSent,
    Rejected,
    Unreachable,
)
from payments.models import GatewayCall, Payment, PaymentStatus
from payments.models.gateway_call import KeyTooOld
from payments.models.stateful import Moving
from payments.models.unknown import LOOK_PAUSE
from payments.policy import ABSENCE_PROOF, AUTHENTICATION_FAILURE, AUTHORISATION_TIME
from payments.services import endings, questions, subjects, taking

log = structlog.get_logger(__name__)
_P = PaymentStatus


def authorise(
    payment: Payment, *, booking: str, return_url: str, three_d_secure: bool, now: datetime
) -> None:
    """Ask, look, or look again, as the payment's state demands; leaves it in the state that came out.

    Raises Busy when nothing was done and it should be tried again.
    """
    how = {"booking": booking, "return_url": return_url, "three_d_secure": three_d_secure}
    if payment.status in (_P.CREATED, _P.IN_FLIGHT):
        _send(payment, how, now)
    elif payment.status in (_P.REQUIRES_ACTION, _P.PROCESSING):
        _look(payment, now)
    elif payment.status == _P.UNKNOWN and payment.may_look(now):
        _look_again(payment, how, now)


def find(payment: Payment, *, now: datetime) -> datetime | None:
    """For a payment to be let go whose name at the gateway was never learnt: learn it, or end the payment as never
    charged once its absence is proved. The moment of the next look while neither is so.

    It is only looked for: the same key again could set money aside that nobody wants.
    Raises Unreachable or Busy.
    """
    if payment.checked_at is not None and not payment.may_look(now):
        return payment.checked_at + LOOK_PAUSE
    answer = _listed(payment)
    if answer is not None:
        payment.learn(**_facts(answer, now))
    else:
        _absent(payment, now)
    if payment.absent_at is None or not payment.is_open or payment.gateway_id:
        return None
    return max(payment.absent_at, _sent(payment)[1]) + ABSENCE_PROOF


# --- The first question --------------------------------------------------------------------------


def _send(payment: Payment, how: Mapping[str, Any], now: datetime) -> None:
    try:
        answer = _ask(payment, how, now)
    except Declined as error:
        _decline(payment, error, now)
    except HeldBack as error:
        _held_back(payment, error, now)
    except NotSent as error:
        _not_sent(payment, error, now)
    except Unreachable as error:
        questions.lose_sight(payment, error.gateway_code, now)
    except KeyTooOld:
        questions.lose_sight(payment, "key too old", now)
    except (Rejected, AlreadyDone) as error:
        _rejected(payment, error, now)
    else:
        _apply(payment, answer, now)


def _ask(payment: Payment, how: Mapping[str, Any], now: datetime) -> GatewayPayment:
    begins = payment.status == _P.CREATED
    moving: Moving | None = (
        (lambda intent: payment.send(now=now, intent=intent)) if begins else None
    )
    return gateway.authorise(
        questions.operation(payment, moving=moving),
        token=payment.confirmation_token,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        now=now,
        **how,
    )


def _held_back(payment: Payment, error: HeldBack, now: datetime) -> None:
    """We leave the gateway alone. A payment that never left ends so; one that a driver which died may have sent
    is looked for."""
    if payment.status == _P.CREATED:
        endings.never_sent(payment, cause=endings.UNREACHABLE, now=now)
    else:
        questions.lose_sight(payment, error.gateway_code, now)


def _not_sent(payment: Payment, error: NotSent, now: datetime) -> None:
    """Certainly not arrived, unless an earlier send under the same key did."""
    if _was_sent_before(payment):
        questions.lose_sight(payment, error.gateway_code, now)
    else:
        endings.failed(payment, code="gateway_unreachable", now=now)


def _rejected(payment: Payment, error: GatewayError, now: datetime) -> None:
    """Refused as wrong: nothing came of it, unless the key had been used before, by us or by whomever."""
    log.error("authorisation_rejected", payment=str(payment.id), code=error.code)
    if error.code == "idempotency_error" or _was_sent_before(payment):
        questions.lose_sight(payment, error.code, now)
    else:
        endings.failed(payment, code=error.code or "rejected", now=now)


def _was_sent_before(payment: Payment) -> bool:
    return _asked(payment).sends > 1


def _asked(payment: Payment) -> GatewayCall:
    return GatewayCall.objects.get(operation_id=payment.operation_id, verb="authorise")


# --- Looking -------------------------------------------------------------------------------------


def _look(payment: Payment, now: datetime) -> None:
    _apply(payment, gateway.payment(questions.gateway_id(payment)), now)


def _look_again(payment: Payment, how: Mapping[str, Any], now: datetime) -> None:
    """Once more, for a payment whose outcome nobody knows."""
    try:
        answer = _found(payment, how, now)
    except Declined as error:
        return _decline(payment, error, now)
    except (Busy, Unreachable):
        return questions.note_check(payment, payment.absent_at, now)
    if answer is not None:
        return _apply(payment, answer, now)
    return _absent(payment, now)


def _found(payment: Payment, how: Mapping[str, Any], now: datetime) -> GatewayPayment | None:
    """What the gateway has of this operation; None when it says that it has nothing.

    The same key first, while the gateway is sure to remember it. Where that brings no answer (a stored
    error is replayed for ever), all payments of that time are looked through for our operation. Once it was
    absent there we only look: a request that leaves while absence is being proved would spoil the proof.
    """
    if payment.gateway_id:
        return gateway.payment(payment.gateway_id)
    if payment.absent_at is None:
        try:
            return _ask(payment, how, now)
        except (Unreachable, Rejected, AlreadyDone, KeyTooOld) as error:
            log.info("authorisation_looked_up", payment=str(payment.id), error=str(error))
    return _listed(payment)


def _listed(payment: Payment) -> GatewayPayment | None:
    first_sent_at, last_sent_at = _sent(payment)
    return gateway.find_payment(
        payment.operation_id, first_sent_at=first_sent_at, last_sent_at=last_sent_at
    )


def _sent(payment: Payment) -> tuple[datetime, datetime]:
    """When it was first and last asked for; of one that an older version moved and never asked for, when it moved."""
    asked = GatewayCall.objects.filter(operation_id=payment.operation_id, verb="authorise").first()
    if asked is None:
        return payment.changed_at, payment.changed_at
    return asked.first_sent_at, asked.last_sent_at


def _absent(payment: Payment, now: datetime) -> None:
    """Absent for the second time, with nothing of ours under way since long: it never arrived."""
    long_ago = now - ABSENCE_PROOF
    first = payment.absent_at
    if first is not None and first <= long_ago and _sent(payment)[1] <= long_ago:
        endings.failed(payment, code="never_arrived", now=now)
    else:
        questions.note_check(payment, first or now, now)


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
            endings.abandoned(payment, cause="cancelled at the gateway", now=now, **facts)
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
        closed = taking.cancel(payment, now=now)
        if closed.status == "requires_payment_method":
            raise Unreachable("cancel_refused")
        if closed.status != "canceled":
            return _apply(payment, closed, now)
    return endings.failed(
        payment, code=failure.code, decline_code=failure.decline_code, now=now, **facts
    )


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


def return_url(token: str, *, for_move: bool = False) -> str:
    """Where a bank's own page sends the customer back to."""
    return f"{settings.SITE_URL}/bookings/{token}/{'move/pay' if for_move else 'status'}/"
