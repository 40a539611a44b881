"""What money puts on Today: payments that failed, refunds that wait, and money that came and went."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Sum

from core import formats
from core.backoffice import navigation, today
from payments.models import (
    Payment,
    PaymentStatus,
    PaymentTransition,
    Refund,
    RefundStatus,
    RefundTransition,
    StrayMoney,
    StrayStatus,
    WebhookEvent,
    WebhookState,
)

PAYMENT_WORDS = {
    PaymentStatus.SUCCEEDED: ("paid", "ok", "check"),
    PaymentStatus.FAILED: ("was refused", "warn", "credit_card_off"),
    PaymentStatus.BLOCKED: ("was stopped before the card was charged", "bad", "block"),
}
REFUND_WORDS = {
    RefundStatus.SUCCEEDED: ("went back", "ok", "undo"),
    RefundStatus.FAILED: ("did not go back", "bad", "error"),
}


def failed_payments(now: datetime) -> today.Count:
    """Since midnight: bookings whose payment failed, and how many of them paid after all."""
    midnight = now.astimezone(formats.UK).replace(hour=0, minute=0, second=0, microsecond=0)
    failed = Payment.objects.filter(status=PaymentStatus.FAILED, created_at__gte=midnight)
    bookings = set(failed.values_list("booking_id", flat=True))
    paid = Payment.objects.filter(booking__in=bookings, status=PaymentStatus.SUCCEEDED)
    recovered = paid.values("booking_id").distinct().count()
    return today.Count(
        title="Failed payments",
        number=len(bookings) - recovered,
        url=navigation.list_url("payments.payment") + f"?status__exact={PaymentStatus.FAILED}",
        icon="credit_card_off",
        note=f"Today. {recovered} tried again and paid",
        nothing=f"{recovered} tried again and paid" if recovered else "None today",
    )


def refunds_that_wait(now: datetime) -> today.Count:
    waiting = Refund.objects.waiting()
    failed = waiting.filter(status=RefundStatus.FAILED).count()
    total = waiting.aggregate(total=Sum("amount_minor", default=0))["total"]
    return today.Count(
        title="Refunds that wait",
        number=waiting.count(),
        url=navigation.list_url("payments.refund") + f"?status__exact={RefundStatus.FAILED}",
        icon="undo",
        note=f"{formats.money(total)}, {failed} failed at the bank",
    )


def dead_webhooks(now: datetime) -> today.Count:
    return today.Count(
        title="Webhooks given up",
        number=WebhookEvent.objects.filter(state=WebhookState.DEAD).count(),
        url=navigation.list_url("payments.webhookevent") + f"?state__exact={WebhookState.DEAD}",
        icon="webhook",
        note="Stripe told us something that could not be done",
        urgent=True,
        nothing="None given up",
    )


def stray_money(now: datetime) -> today.Count:
    waiting = StrayMoney.objects.filter(status=StrayStatus.OPEN)
    total = waiting.aggregate(total=Sum("amount_minor", default=0))["total"]
    return today.Count(
        title="Money without a place",
        number=waiting.count(),
        url=navigation.list_url("payments.straymoney") + f"?status__exact={StrayStatus.OPEN}",
        icon="move_to_inbox",
        note=f"{formats.money(total)} at Stripe that our books can't place",
        urgent=True,
        nothing="None",
    )


def payment_happenings(limit: int) -> Iterable[today.Happening]:
    """Newest first by key, which is made in time's order."""
    steps = PaymentTransition.objects.filter(to_status__in=PAYMENT_WORDS)
    for step in steps.select_related("payment__booking").order_by("-id")[:limit]:
        words, tone, icon = PAYMENT_WORDS[PaymentStatus(step.to_status)]
        payment = step.payment
        yield today.Happening(
            at=step.at,
            words=f"{payment.booking.reference} {words}",
            url=navigation.row_url("payments.payment", payment.pk),
            detail=formats.money(payment.amount),
            tone=tone,
            icon=icon,
        )


def refund_happenings(limit: int) -> Iterable[today.Happening]:
    steps = RefundTransition.objects.filter(to_status__in=REFUND_WORDS)
    for step in steps.select_related("refund__payment__booking").order_by("-id")[:limit]:
        words, tone, icon = REFUND_WORDS[RefundStatus(step.to_status)]
        refund = step.refund
        yield today.Happening(
            at=step.at,
            words=f"{formats.money(refund.amount)} of {refund.payment.booking.reference} {words}",
            url=navigation.row_url("payments.refund", refund.pk),
            tone=tone,
            icon=icon,
        )


today.add_count(20, "payments.view_refund", refunds_that_wait)
today.add_count(30, "payments.view_payment", failed_payments)
today.add_count(25, "payments.add_refund", stray_money)
today.add_count(60, "payments.change_webhookevent", dead_webhooks)
today.add_happenings("payments.view_payment", payment_happenings)
today.add_happenings("payments.view_refund", refund_happenings)
