"""What monitoring sees of money: how the day's attempts ended, what nobody knows, refunds, and the webhooks' inbox."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from django.db import connection
from django.db.models import Count, F, Min, Q
from prometheus_client import Counter, Histogram, Metric

from core.health.readings import age, gauge
from core.outbox.events import Event, observe
from core.performance import measures
from payments import events
from payments.models import (
    Dispute,
    DisputeStatus,
    FraudWarning,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    StrayMoney,
    StrayStatus,
    WebhookEvent,
    WebhookState,
)
from payments.policy import AUTHENTICATION_FAILURE, UNUSABLE_TOKEN

DAY, MONTH = timedelta(days=1), timedelta(days=30)
REFUND_PROMISE = timedelta(hours=24)
REFUND_UNDER_WAY = (RefundStatus.APPROVED, RefundStatus.IN_FLIGHT, RefundStatus.PENDING)
REFUND_STATES = (RefundStatus.REQUESTED, *REFUND_UNDER_WAY, RefundStatus.UNKNOWN)
# How an attempt ends. The last two are ours to answer for; see docs/slo.md.
RESULTS = (
    "succeeded", "open", "declined", "authentication", "blocked", "declined_by_review", "abandoned",
    "unusable", "unreachable", "error",
)  # fmt: skip

payments_total = Counter("payment_events", "What happened to payments", ["event"])
refusals_total = Counter("payment_refusals", "Payments that were not taken, by why", ["group"])
refunds_total = Counter("refund_events", "What happened to refunds", ["event"])
webhook_seconds = Histogram(
    "webhook_processing_seconds",
    "From the inbox to done",
    ["kind"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
)
COUNTED: tuple[tuple[type[Event], Counter, str], ...] = (
    (events.PaymentSucceeded, payments_total, "succeeded"),
    (events.PaymentFailed, payments_total, "failed"),
    (events.PaymentBlocked, payments_total, "blocked"),
    (events.PaymentUnderReview, payments_total, "under_review"),
    (events.PaymentDeclinedByReview, payments_total, "declined_by_review"),
    (events.LateMoneyReturned, payments_total, "late_money_returned"),
    (events.DisputeOpened, payments_total, "disputed"),
    (events.RefundSucceeded, refunds_total, "succeeded"),
    (events.RefundFailed, refunds_total, "failed"),
)


def connect() -> None:
    """Count what is published; called once, from `ready()`."""
    for event, counter, name in COUNTED:
        child = counter.labels(name)
        observe(event, partial(_count, child))
    observe(events.PaymentFailed, lambda event: refusals_total.labels(event.group).inc())
    observe(events.PaymentFailed, lambda event: measures.count("pay_refused", event.group))
    observe(events.PaymentBlocked, lambda _event: refusals_total.labels("blocked").inc())
    observe(events.PaymentDeclinedByReview, lambda _event: refusals_total.labels("by_review").inc())


def _count(child: Counter, _event: Event) -> None:
    child.inc()


def webhook_done(event: WebhookEvent, now: datetime) -> None:
    kind = event.type.partition(".")[0]
    webhook_seconds.labels(kind).observe(max(0.0, (now - event.received_at).total_seconds()))


def read_payments(now: datetime) -> Iterator[Metric]:
    yield gauge("payment_results", "Of the last day's attempts, how", _results(now), label="result")
    unknown = Payment.objects.filter(status=PaymentStatus.UNKNOWN).aggregate(
        count=Count("id"), oldest=Min("unknown_at")
    )
    yield gauge("payment_unknown", "The bank's answer was lost", unknown["count"])
    yield gauge("payment_unknown_oldest_seconds", "Of those", age(unknown["oldest"], now))
    stray = StrayMoney.objects.filter(status=StrayStatus.OPEN).count()
    yield gauge("payment_stray_money", "Money without a place that nobody has decided", stray)


def read_refunds(now: datetime) -> Iterator[Metric]:
    found = Refund.objects.filter(status__in=REFUND_STATES).aggregate(
        **{str(status): Count("id", filter=Q(status=status)) for status in REFUND_STATES},
        oldest=Min("created_at", filter=Q(status__in=REFUND_UNDER_WAY)),
        lost=Min("unknown_at", filter=Q(status=RefundStatus.UNKNOWN)),
    )
    oldest, lost = found.pop("oldest"), found.pop("lost")
    waiting = Refund.objects.filter(status=RefundStatus.FAILED, tried_again_as=None).count()
    yield gauge(
        "refund_open", "Not yet ended, by state", {**found, "failed": waiting}, label="status"
    )
    yield gauge("refund_oldest_under_way_seconds", "Approved and not yet sent", age(oldest, now))
    yield gauge("refund_unknown_oldest_seconds", "Stripe's answer was lost", age(lost, now))
    yield _promise(now)


def read_disputes(now: datetime) -> Iterator[Metric]:
    """By state; how long the bank still waits for the first answer that nobody gave; warnings that nobody looked at."""
    counted = Dispute.objects.values_list("status").annotate(count=Count("id"))
    yield gauge("disputes", "By state", {**dict.fromkeys(DisputeStatus.values, 0.0), **dict(counted)}, label="status")  # fmt: skip
    first = Dispute.objects.unanswered().aggregate(first=Min("evidence_due_at"))["first"]
    left = (first - now).total_seconds() if first else 0.0
    yield gauge("dispute_answer_left_seconds", "Until the first bank’s day ends; 0 if none waits", left)  # fmt: skip
    warnings = FraudWarning.objects.waiting().count()
    yield gauge("fraud_warnings_waiting", "Called fraud by the bank, and nobody decided", warnings)


def read_webhooks(now: datetime) -> Iterator[Metric]:
    waiting = WebhookEvent.objects.filter(state=WebhookState.RECEIVED).aggregate(
        count=Count("id"), oldest=Min("received_at")
    )
    yield gauge("webhook_waiting", "In the inbox, not yet done", waiting["count"])
    yield gauge("webhook_oldest_waiting_seconds", "Of those", age(waiting["oldest"], now))
    dead = WebhookEvent.objects.filter(state=WebhookState.DEAD).count()
    yield gauge("webhook_given_up", "Set aside for a person", dead)


def _promise(now: datetime) -> Metric:
    """Refunds whose day is over, by whether they were sent within it; those still on the way count as late."""
    ended = Refund.objects.filter(
        created_at__gt=now - MONTH,
        external=False,
        status__in=(*REFUND_UNDER_WAY, RefundStatus.UNKNOWN, RefundStatus.SUCCEEDED),
    )
    quick = Q(status=RefundStatus.SUCCEEDED, changed_at__lte=F("created_at") + REFUND_PROMISE)
    late = ~quick & Q(created_at__lte=now - REFUND_PROMISE)
    found = ended.aggregate(yes=Count("id", filter=quick), no=Count("id", filter=late))
    return gauge("refund_within_day", "Of the last 30 days' refunds", found, label="kept")


def _results(now: datetime) -> dict[str, float]:
    results = dict.fromkeys(RESULTS, 0.0)
    with connection.cursor() as cursor:
        cursor.execute(
            _RESULTS,
            {
                "since": now - DAY,
                "authentication": AUTHENTICATION_FAILURE,
                "unusable": UNUSABLE_TOKEN,
            },
        )
        results.update({result: float(count) for result, count in cursor.fetchall()})
    return results


# A cancelled payment keeps its cause in its history only.
_RESULTS = """
    SELECT CASE
        WHEN payment.status = 'succeeded' THEN 'succeeded'
        WHEN payment.status = 'blocked' OR cause = 'blocked' THEN 'blocked'
        WHEN payment.status = 'lapsed' THEN 'error'
        WHEN payment.status = 'failed' AND failure_code = %(authentication)s THEN 'authentication'
        WHEN payment.status = 'failed' AND decline_code <> '' THEN 'declined'
        WHEN payment.status = 'failed' AND failure_code IN ('gateway_unreachable', 'never_arrived')
            THEN 'unreachable'
        WHEN payment.status = 'failed' THEN 'error'
        WHEN payment.status <> 'cancelled' THEN 'open'
        WHEN cause = 'gateway_unreachable' THEN 'unreachable'
        WHEN cause = %(unusable)s THEN 'unusable'
        WHEN cause IN ('decline', 'lapsed') THEN 'declined_by_review'
        WHEN cause = 'capture_failed' THEN 'error'
        ELSE 'abandoned'
    END AS result, count(*)
    FROM payments_payment AS payment
    LEFT JOIN LATERAL (
        SELECT cause FROM payments_paymenttransition
        WHERE payment_id = payment.id AND to_status = 'cancelled' AND payment.status = 'cancelled'
        LIMIT 1
    ) AS ending ON true
    WHERE payment.created_at > %(since)s
    GROUP BY 1
"""
