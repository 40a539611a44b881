"""What others may ask of payments. Nothing here writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, Q, Subquery, Sum

from core.errors import NotFound
from core.money import Money
from payments.models import Dispute, Payment, PaymentStatus, Refund, RefundStatus
from payments.models.payment import PRICE, purpose_of
from payments.models.states import DISPUTE_OPEN
from payments.policy import UNUSABLE_TOKEN, decline_code_to_show

REFUSED = Q(status=PaymentStatus.FAILED) | Q(failure_code=UNUSABLE_TOKEN)

GONE_BACK = (RefundStatus.PENDING, RefundStatus.SUCCEEDED, RefundStatus.SETTLED_BY_HAND)


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
    move_id: UUID | None
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
    """The latest attempt to pay its price."""
    tries = Payment.objects.filter(booking_id=booking_id, purpose=PRICE)
    return tries.order_by("-created_at", "-id").first()


def latest_payment_of_move(booking_id: UUID | str, move_id: UUID) -> Payment | None:
    tries = Payment.objects.filter(booking_id=booking_id, purpose=purpose_of(move_id))
    return tries.order_by("-created_at", "-id").first()


def payments_of(booking_id: UUID | str) -> list[Payment]:
    return list(Payment.objects.filter(booking_id=booking_id).order_by("created_at", "id"))


def refunds_of(booking_id: UUID | str) -> list[Refund]:
    return list(
        Refund.objects.filter(payment__booking_id=booking_id)
        .select_related("payment")
        .order_by("created_at", "id")
    )


def paying(booking_id: UUID | str) -> list[Payment]:
    """What pays for the booking, newest first: its price, and the differences of its moves."""
    taken = Payment.objects.filter(
        booking_id=booking_id, status=PaymentStatus.SUCCEEDED, without_place=False
    )
    return list(taken.order_by("-created_at", "-id"))


def paid_and_refunded(booking_id: UUID | str) -> tuple[Money, Money]:
    """What was taken, and what of it has gone back at the gateway's word."""
    back = Refund.objects.filter(payment=OuterRef("pk"), status__in=GONE_BACK).values("payment")
    sums = Payment.objects.filter(booking_id=booking_id).aggregate(
        paid=Sum("captured_minor", filter=Q(status=PaymentStatus.SUCCEEDED)),
        back=Sum(Subquery(back.annotate(total=Sum("amount_minor")).values("total"))),
    )
    return Money(sums["paid"] or 0), Money(sums["back"] or 0)


def refused(booking_id: UUID | str, *, for_moves: bool = False) -> Q:
    """The cards that were refused for its price, or for all of its moves, by the bank or as no card at all."""
    price = Q(purpose=PRICE)
    return REFUSED & Q(booking_id=booking_id) & (~price if for_moves else price)


def refusals(booking_id: UUID | str, *, for_moves: bool = False) -> int:
    return Payment.objects.filter(refused(booking_id, for_moves=for_moves)).count()


def tries_left(booking_id: UUID | str, *, for_moves: bool = False) -> int:
    return max(settings.PAYMENT_TRIES_MAX - refusals(booking_id, for_moves=for_moves), 0)


def shown_decline_code(payment: Payment) -> str:
    """Why a payment failed, as far as a customer is told; "" when that is nobody's business."""
    return decline_code_to_show(payment.failure_code, payment.decline_code)


def has_open_dispute(payment_id: UUID | str) -> bool:
    return Dispute.objects.filter(payment_id=payment_id, status__in=DISPUTE_OPEN).exists()


def any_in_dispute(payments: Iterable[Payment]) -> bool:
    keys = [each.pk for each in payments]
    return Dispute.objects.filter(payment_id__in=keys, status__in=DISPUTE_OPEN).exists()


def payment_facts(payment_id: UUID | str) -> PaymentFacts:
    """Raises PaymentNotFound, also for a payment that was never taken."""
    found = payment(payment_id)
    if found.captured_at is None or found.gateway_id is None:
        raise PaymentNotFound
    return PaymentFacts(
        payment_id=found.id,
        booking_id=found.booking_id,
        move_id=found.move_id,
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
