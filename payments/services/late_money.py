"""Money for a booking whose places are gone: all of it goes back, and the customer is told."""

from datetime import datetime

from django.db import transaction

from core.outbox.events import publish
from payments.events import LateMoneyReturned
from payments.models import Payment, Refund, RefundReason
from payments.services import refunds

ACTOR = "system: no place left"


@transaction.atomic
def give_back(*, payment: Payment, now: datetime) -> Refund | None:
    """One refund of all that is left, however often it is asked for; None when all has gone back already.

    Places that it did pay for, before a person undid it, are cancelled with it. Raises DisputeOpen.
    """
    known = Refund.objects.filter(payment=payment, requested_by=ACTOR).first()
    payment.refresh_from_db(fields=["refunded_minor"])
    if known is not None or not payment.refundable.minor:
        return known
    refund = refunds.request(
        payment_id=payment.id,
        amount_minor=payment.refundable.minor,
        reason=RefundReason.WE_CANCELLED,
        cancel_places=not payment.without_place and payment.move_id is None,
        actor=ACTOR,
        now=now,
    )
    publish(
        LateMoneyReturned(
            payment_id=str(payment.id),
            booking_id=str(payment.booking_id),
            amount_minor=refund.amount_minor,
            currency=refund.currency,
            at=now.isoformat(),
        ),
        now=now,
    )
    return refund
