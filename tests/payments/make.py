"""Bookings on their way to being paid, made through the services."""

import itertools
import urllib.parse
import urllib.request
from datetime import datetime, timedelta
from typing import Any

from core.ids import uuid7
from core.sagas import engine
from core.sagas.models import SagaRun
from payments.gateways.base import GatewayRefund
from payments.models import Dispute, Payment, PaymentTransition, Refund
from payments.services import checkout
from tests.breakers import forget_breakers
from tests.courses.make import make_ready, make_session

VISA = "pm_card_visa"
_days = itertools.count(30)


def session(*, now: datetime, days_ahead: int | None = None, **fields: Any) -> Any:
    """A date of its own, so that one test can have several."""
    ahead = timedelta(days=next(_days) if days_ahead is None else days_ahead)
    return make_session(on=(now + ahead).date(), **fields)


def ready(*, now: datetime, on: Any = None, days_ahead: int | None = None, **fields: Any) -> Any:
    """A booking that is held, with all its details."""
    return make_ready(on or session(now=now, days_ahead=days_ahead), now=now, **fields)


def pay(booking: Any, sandbox: Any, card: str = VISA, *, now: datetime) -> Payment:
    return pay_with(booking, sandbox.confirmation_token(card), now=now)


def pay_with(booking: Any, confirmation_token: str, *, now: datetime, **rest: Any) -> Payment:
    return checkout.pay(
        token=booking.token,
        confirmation_token=confirmation_token,
        address="192.0.2.7",
        user_agent="a browser",
        now=now,
        **rest,
    )


def paid(sandbox: Any, *, now: datetime, **fields: Any) -> Payment:
    return pay(ready(now=now, **fields), sandbox, now=now)


def drive(subject: Any, *, now: datetime, name: str = checkout.SAGA) -> SagaRun:
    """What a worker does once the saga is due at `now`: by then no breaker is open any more."""
    forget_breakers()
    return engine.drive(SagaRun.objects.get(name=name, subject_id=subject.id).id, now=now)


def run_of(subject: Any, name: str = checkout.SAGA) -> SagaRun:
    return SagaRun.objects.get(name=name, subject_id=subject.id)


def latest(booking: Any) -> Payment:
    return Payment.objects.get(booking=booking)


def steps(payment: Payment) -> list[str]:
    """The states that the payment went through."""
    history = PaymentTransition.objects.filter(payment=payment).order_by("at", "id")
    return list(history.values_list("to_status", flat=True))


def answer_bank(sandbox: Any, payment: Payment, result: str = "authenticate") -> None:
    """What the customer answers on the bank's own page: authenticate, fail or close."""
    intent = sandbox.api("GET", f"payment_intents/{payment.gateway_id}")
    url = intent["next_action"]["use_stripe_sdk"]["stripe_js"]
    data = urllib.parse.urlencode({"result": result, "frame": "1"}).encode()
    with urllib.request.urlopen(url, data=data, timeout=30) as answer:
        assert answer.status == 200


def dispute(payment: Payment, *, now: datetime, status: str = "needs_response") -> Dispute:
    """As if the gateway had told us of one."""
    return Dispute.open(
        payment=payment,
        gateway_id=f"dp_{uuid7().hex}",
        amount=payment.captured,
        status=status,
        reason="fraudulent",
        evidence_due_at=None,
        opened_at=now,
        now=now,
    )


def gateway_refund(refund: Refund, *, status: str, failure_reason: str = "") -> GatewayRefund:
    """What the gateway would say of our refund."""
    return GatewayRefund(
        id=refund.gateway_id or f"re_{uuid7().hex}",
        status=status,
        amount=refund.amount_minor,
        currency=refund.currency,
        payment_id=refund.payment.gateway_id,
        charge_id="",
        operation_id=refund.operation_id,
        failure_reason=failure_reason,
    )
