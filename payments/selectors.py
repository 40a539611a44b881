"""What others may ask of payments. Nothing here writes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q, Sum

from core.errors import NotFound
from core.money import Money
from payments.models import Dispute, Payment, PaymentStatus, Refund, RefundStatus
from payments.models.states import DISPUTE_OPEN
from payments.policy import UNUSABLE_TOKEN, decline_code_to_show

REFUSED = Q(status=PaymentStatus.FAILED) | Q(failure_code=UNUSABLE_TOKEN)


class PaymentNotFound(NotFound):
    code = "payment_not_found"
    detail = "We can’t find that payment."


class RefundNotFound(NotFound):
    code = "refund_not_found"
    detail = "We can’t find that refund."


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What an invoice says of a payment."""

    payment_id: UUID
    booking_id: UUID
    amount: Money
    card_brand: str
    card_last4: str
    captured_at: datetime
    gateway_id: str


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """What a credit note says of a refund."""

    refund_id: UUID
    payment_id: UUID
    booking_id: UUID
    amount: Money
    reason: str
    note: str
    card_brand: str
    card_last4: str
    refunded_at: datetime


def payment(payment_id: UUID | str) -> Payment:
    found = Payment.objects.filter(pk=payment_id).first()
    if found is None:
        raise PaymentNotFound
    return found


def refund(refund_id: UUID | str) -> Refund:
    found = Refund.objects.select_related("payment").filter(pk=refund_id).first()
    if found is None:
        raise RefundNotFound
    return found


def latest_payment(booking_id: UUID | str) -> Payment | None:
    return Payment.objects.filter(booking_id=booking_id).order_by("-created_at", "-id").first()


def payments_of(booking_id: UUID | str) -> list[Payment]:
    return list(Payment.objects.filter(booking_id=booking_id).order_by("created_at", "id"))


def refunds_of(booking_id: UUID | str) -> list[Refund]:
    return list(
        Refund.objects.filter(payment__booking_id=booking_id)
        .select_related("payment")
        .order_by("created_at", "id")
    )


def taken_payment(booking_id: UUID | str) -> Payment | None:
    """The payment that pays for the booking, if it was taken."""
    taken = Payment.objects.filter(booking_id=booking_id, status=PaymentStatus.SUCCEEDED)
    return taken.order_by("-created_at", "-id").first()


def paid_and_refunded(booking_id: UUID | str) -> tuple[Money, Money]:
    """What was taken, and what of it has gone back at the gateway's word."""
    paid = Payment.objects.filter(booking_id=booking_id, status=PaymentStatus.SUCCEEDED)
    back = Refund.objects.filter(
        payment__booking_id=booking_id,
        status__in=[RefundStatus.PENDING, RefundStatus.SUCCEEDED, RefundStatus.SETTLED_BY_HAND],
    )
    return (
        Money(paid.aggregate(total=Sum("captured_minor"))["total"] or 0),
        Money(back.aggregate(total=Sum("amount_minor"))["total"] or 0),
    )


def refusals(booking_id: UUID | str) -> int:
    """How many cards have been refused for this booking, by the bank or as no card at all."""
    return Payment.objects.filter(REFUSED, booking_id=booking_id).count()


def tries_left(booking_id: UUID | str) -> int:
    return max(settings.PAYMENT_TRIES_MAX - refusals(booking_id), 0)


def shown_decline_code(payment: Payment) -> str:
    """Why a payment failed, as far as a customer is told; "" when that is nobody's business."""
    return decline_code_to_show(payment.failure_code, payment.decline_code)


def has_open_dispute(payment_id: UUID | str) -> bool:
    return Dispute.objects.filter(payment_id=payment_id, status__in=DISPUTE_OPEN).exists()


def payment_facts(payment_id: UUID | str) -> PaymentFacts:
    """Raises PaymentNotFound, also for a payment that was never taken."""
    found = payment(payment_id)
    if found.captured_at is None or found.gateway_id is None:
        raise PaymentNotFound
    return PaymentFacts(
        payment_id=found.id,
        booking_id=found.booking_id,
        amount=found.captured,
        card_brand=found.card_brand,
        card_last4=found.card_last4,
        captured_at=found.captured_at,
        gateway_id=found.gateway_id,
    )


def refund_facts(refund_id: UUID | str) -> RefundFacts:
    found = refund(refund_id)
    return RefundFacts(
        refund_id=found.id,
        payment_id=found.payment_id,
        booking_id=found.payment.booking_id,
        amount=found.amount,
        reason=found.reason,
        note=found.note,
        card_brand=found.payment.card_brand,
        card_last4=found.payment.card_last4,
        refunded_at=found.changed_at,
    )
