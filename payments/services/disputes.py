"""Disputes as the gateway has them: mirrored, told once, and counted as fraud when that is their reason."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Sum

from core.money import Money
from core.outbox.events import publish
from fraud.services import outcomes
from payments.events import DisputeOpened
from payments.gateways.base import GatewayDispute
from payments.models import Dispute, DisputeStatus, Payment
from payments.models.stateful import MovedMeanwhile
from payments.models.states import DISPUTE_OPEN

FRAUDULENT = "fraudulent"


@transaction.atomic
def mirror(
    *, payment: Payment, known: Dispute | None, answer: GatewayDispute, now: datetime
) -> Dispute:
    """The row that says what the gateway says. `known` is the row as it was before the gateway was asked.

    Raises MovedMeanwhile when another hand was first: the caller reads both again, so that an older
    answer never overwrites a newer one.
    """
    if known is None:
        dispute = _first_heard_of(payment, answer, now)
    else:
        known.mirror(answer.status, evidence_due_at=answer.due_at, now=now)
        dispute = known
    _take_away(payment, dispute)
    return dispute


def _take_away(payment: Payment, dispute: Dispute) -> None:
    """What is lost at the bank can't be given back here."""
    if dispute.status != DisputeStatus.LOST:
        return
    lost = Dispute.objects.filter(payment=payment, status=DisputeStatus.LOST)
    total = lost.aggregate(total=Sum("amount_minor"))["total"]
    Payment.objects.filter(pk=payment.pk).update(disputed_away_minor=total)


def _first_heard_of(payment: Payment, answer: GatewayDispute, now: datetime) -> Dispute:
    try:
        with transaction.atomic():
            return _open(payment, answer, now)
    except IntegrityError:
        if Dispute.objects.filter(gateway_id=answer.id).exists():
            raise MovedMeanwhile from None
        raise


def _open(payment: Payment, answer: GatewayDispute, now: datetime) -> Dispute:
    dispute = Dispute.open(
        payment=payment,
        gateway_id=answer.id,
        amount=Money(answer.amount, answer.currency),
        status=answer.status,
        reason=answer.reason[:64],
        evidence_due_at=answer.due_at,
        opened_at=answer.created_at,
        now=now,
    )
    if answer.reason == FRAUDULENT:
        outcomes.record(payment_id=payment.id, kind="disputed", now=now)
    if answer.status in DISPUTE_OPEN:
        publish(
            DisputeOpened(
                dispute_id=str(dispute.id),
                payment_id=str(payment.id),
                booking_id=str(payment.booking_id),
                amount_minor=dispute.amount_minor,
                currency=dispute.currency,
                at=now.isoformat(),
            ),
            now=now,
        )
    return dispute
