"""What refunds hold of a payment: raised before anything else happens, given back when a refund fails.

Each is one conditional statement: the sum of all refunds that have not failed never passes what was taken.
"""

from django.db.models import Exists, F, OuterRef

from payments import selectors
from payments.models import Dispute, Payment, PaymentStatus, Refund
from payments.models.states import DISPUTE_OPEN
from payments.services.refusals import DisputeOpen, NotRefundable, RefundExceedsPayment


def reserve(payment: Payment, amount_minor: int) -> None:
    """One conditional statement: of two that want more than is left, one is refused before the gateway."""
    open_dispute = Dispute.objects.filter(payment=OuterRef("pk"), status__in=DISPUTE_OPEN)
    raised = Payment.objects.filter(
        ~Exists(open_dispute),
        pk=payment.pk,
        status=PaymentStatus.SUCCEEDED,
        captured_minor__gte=F("refunded_minor") + F("disputed_away_minor") + amount_minor,
    ).update(refunded_minor=F("refunded_minor") + amount_minor)
    if not raised:
        raise _why_not(payment)


def _why_not(payment: Payment) -> Exception:
    payment = selectors.payment(payment.id)
    if payment.status != PaymentStatus.SUCCEEDED:
        return NotRefundable()
    if selectors.has_open_dispute(payment.id):
        return DisputeOpen()
    return RefundExceedsPayment(refundable=payment.refundable.as_json())


def release(refund: Refund) -> None:
    Payment.objects.filter(pk=refund.payment_id).update(
        refunded_minor=F("refunded_minor") - refund.amount_minor
    )


def reserve_for_external(payment: Payment, amount_minor: int) -> None:
    """The gateway has sent it already, whatever we think of it; raises RefundExceedsPayment."""
    raised = Payment.objects.filter(
        pk=payment.pk, captured_minor__gte=F("refunded_minor") + amount_minor
    ).update(refunded_minor=F("refunded_minor") + amount_minor)
    if not raised:
        raise RefundExceedsPayment
