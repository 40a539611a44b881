"""What each question to the gateway about a payment needs: its names, and when to ask next if no answer comes."""

from datetime import datetime

from payments import policy
from payments.gateways.base import Operation, Unreachable
from payments.models import Payment
from payments.models.stateful import Moving


def operation(payment: Payment, *, moving: Moving | None = None) -> Operation:
    return Operation(id=payment.operation_id, payment_id=payment.id, moving=moving)


def gateway_id(payment: Payment) -> str:
    if not payment.gateway_id:
        raise Unreachable("no_gateway_id")
    return payment.gateway_id


def lose_sight(payment: Payment, cause: str, now: datetime) -> None:
    payment.lose_sight(cause=cause, due_at=policy.next_check(0, now), now=now)


def note_check(payment: Payment, absent_at: datetime | None, now: datetime) -> None:
    """A look that settled nothing."""
    payment.note_check(
        absent_at=absent_at, next_due_at=policy.next_check(payment.checks + 1, now), now=now
    )
