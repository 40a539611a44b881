"""What money puts on Today: payments that failed, refunds that wait, and money that came and went."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, Sum

from core import formats
from core.backoffice import navigation, today
from core.backoffice.readonly import moment
from core.money import Money
from payments import selectors_money as ledger
from payments.models import (
    Difference,
    Dispute,
    FraudWarning,
    Payment,
    PaymentStatus,
    PaymentTransition,
    Reconciliation,
    Refund,
    RefundStatus,
    RefundTransition,
    StrayMoney,
    StrayStatus,
    WebhookEvent,
    WebhookState,
)
from payments.services import refund_reminders
from payments.services.reconciling.keeping import STANDING

PAYMENT_WORDS = {
    PaymentStatus.SUCCEEDED: ("paid", "ok", "check"),
    PaymentStatus.FAILED: ("was refused", "warn", "credit_card_off"),
    PaymentStatus.BLOCKED: ("was stopped before the card was charged", "bad", "block"),
}
REFUND_WORDS = {
    RefundStatus.SUCCEEDED: ("went back", "ok", "undo"),
    RefundStatus.FAILED: ("did not go back", "bad", "error"),
}
DISPUTE_URGENT_WITHIN = timedelta(days=2)
DAYS, WIDTH, HEIGHT = 14, 300, 60
COMPARED_WITHIN = timedelta(hours=3)


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
        url=navigation.list_url("payments.refund") + "?waiting=yes",
        icon="undo",
        note=f"{formats.money(total)}, {failed} failed at the bank{_late(now)}",
    )


def _late(now: datetime) -> str:
    """Words for those that approvers have been reminded of."""
    late = refund_reminders.overdue(now).count()
    days = formats.counted(settings.REFUND_REMINDER_WORKING_DAYS, "working day")
    return f". {late} to approve for over {days}" if late else ""


def differences(now: datetime) -> today.Count:
    return today.Count(
        title="Books that differ",
        number=Difference.objects.filter(status__in=STANDING).count(),
        url=navigation.list_url("payments.difference"),
        icon="account_balance",
        note="Ours and Stripe’s do not say the same",
        urgent=True,
        nothing="To the penny" if _is_compared(now) else "Not compared lately",
    )


def _is_compared(now: datetime) -> bool:
    lately = Reconciliation.objects.filter(until__gt=now - COMPARED_WITHIN, failure="")
    return lately.exclude(finished_at=None).exists()


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


def disputes_to_answer(now: datetime) -> today.Count:
    """Red once a bank's day ends within two office days: an answer takes a while to put together."""
    waiting = Dispute.objects.unanswered().aggregate(
        number=Count("id"), first=Min("evidence_due_at"), total=Sum("amount_minor", default=0)
    )
    first, amount = waiting["first"], formats.money(waiting["total"])
    return today.Count(
        title="Disputes to answer",
        number=waiting["number"],
        url=navigation.list_url("payments.dispute"),
        icon="gavel",
        note=f"{amount}. First one by {moment(first)}" if first else amount,
        urgent=first is not None and first - now < DISPUTE_URGENT_WITHIN,
    )


def called_fraud(now: datetime) -> today.Count:
    waiting = FraudWarning.objects.waiting()
    total = waiting.aggregate(total=Sum("refundable_minor", default=0))["total"]
    return today.Count(
        title="Called fraud by the bank",
        number=waiting.count(),
        url=navigation.list_url("payments.fraudwarning"),
        icon="report",
        note=f"{formats.money(total)} could go back before it is disputed",
    )


def money_today(now: datetime) -> today.Panel:
    """What the ledger says came in and went back since midnight, and what came in each day of a fortnight."""
    days = ledger.days(until=formats.local_date(now), count=DAYS)
    points = _points([day.taken_minor for day in days])
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return today.Panel(
        title="Money today",
        template="payments/admin/_money_today.html",
        context={
            "taken": Money(days[-1].taken_minor),
            "given_back": Money(days[-1].given_back_minor),
            "least": Money(min(day.taken_minor for day in days)),
            "most": Money(max(day.taken_minor for day in days)),
            "first": days[0].date,
            "line": line,
            "area": f"{line}L{WIDTH} {HEIGHT}L0 {HEIGHT}Z",
        },
        more_url=navigation.list_url("payments.payment"),
        more="Payments",
        beside=True,
    )


def _points(amounts: list[int]) -> list[tuple[float, float]]:
    """A line over the whole drawing, a little below its upper edge at the highest."""
    step, most = WIDTH / (len(amounts) - 1), max(*amounts, 1)
    return [
        (step * place, HEIGHT - (HEIGHT - 4) * amount / most)
        for place, amount in enumerate(amounts)
    ]


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


today.add_panel(50, "payments.view_payment", money_today)
today.add_count(20, "payments.view_refund", refunds_that_wait)
today.add_count(30, "payments.view_payment", failed_payments)
today.add_count(22, "payments.view_dispute", disputes_to_answer)
today.add_count(24, "payments.view_fraudwarning", called_fraud)
today.add_count(25, "payments.add_refund", stray_money)
today.add_count(28, "payments.view_difference", differences)
today.add_count(60, "payments.change_webhookevent", dead_webhooks)
today.add_happenings("payments.view_payment", payment_happenings)
today.add_happenings("payments.view_refund", refund_happenings)
