"""Early fraud warnings as the gateway has them: mirrored, and told to fraud once as a label."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.audit import services as audit
from core.errors import Conflict, Invalid, NotFound
from fraud.services import outcomes
from payments.gateways.base import GatewayWarning
from payments.models import FraudWarning, Payment

NOTE_LENGTH_MAX = 2000


class WarningNotFound(NotFound):
    code = "fraud_warning_not_found"
    detail = "We can’t find that warning."


class LookedAtAlready(Conflict):
    code = "looked_at_already"
    detail = "Somebody has looked at this warning already, or it is settled."


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


@transaction.atomic
def leave(*, warning_id: UUID | str, note: str, actor: str, now: datetime) -> FraudWarning:
    """A person has looked, and nothing is given back. Raises Invalid without a reason, LookedAtAlready."""
    if not note.strip() or len(note) > NOTE_LENGTH_MAX:
        raise Invalid(fields={"note": [f"Say why, in at most {NOTE_LENGTH_MAX:,} characters."]})
    rows = FraudWarning.objects.select_for_update(no_key=True)
    warning = rows.filter(pk=warning_id).first()
    if warning is None:
        raise WarningNotFound
    if warning.left_at is not None or not warning.actionable:
        raise LookedAtAlready
    warning.left_by, warning.left_at = actor, now
    warning.save(update_fields=["left_by", "left_at"])
    audit.record(
        subject=f"payments.payment:{warning.payment_id}",
        action="fraud_warning.left",
        actor=actor,
        reason=note,
        after={"warning": str(warning.id)},
        now=now,
    )
    return warning
