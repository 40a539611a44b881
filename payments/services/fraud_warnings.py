"""Early fraud warnings as the gateway has them: mirrored, and told to fraud once as a label."""

from datetime import datetime

from django.db import transaction

from fraud.services import outcomes
from payments.gateways.base import GatewayWarning
from payments.models import FraudWarning, Payment


def payment_of(answer: GatewayWarning) -> Payment | None:
    """By the payment that it names, else by its charge."""
    if answer.payment_id:
        return Payment.objects.filter(gateway_id=answer.payment_id).first()
    return Payment.objects.filter(charge_id=answer.charge_id).first() if answer.charge_id else None


@transaction.atomic
def mirror(*, payment: Payment, answer: GatewayWarning, now: datetime) -> FraudWarning:
    """The row that says what the gateway says; any number of times, in any order."""
    warning, is_new = FraudWarning.hear(
        payment=payment,
        gateway_id=answer.id,
        fraud_type=answer.fraud_type[:64],
        actionable=answer.actionable,
        warned_at=answer.created_at,
        now=now,
    )
    if is_new:
        outcomes.record(payment_id=payment.id, kind="warned", now=now)
    else:
        warning.mirror(actionable=answer.actionable)
    return warning
