"""The gateway's messages: stored once, answered at once, processed later, in any order, any number of times.

A message only says where to look: what is done rests on the object as the gateway has it now.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from prometheus_client import Counter

from core.audit import services as audit
from core.crashpoints import crash_point
from core.errors import Unavailable
from core.sagas import engine
from core.sagas.models import SagaRun
from core.tracing import failures, spans
from payments import metrics
from payments.gateways import signatures
from payments.gateways import stripe as gateway
from payments.gateways.base import GatewayEvent, GatewayRefund, Operation
from payments.models import (
    Dispute,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    StrayKind,
    WebhookEvent,
    WebhookState,
)
from payments.services import (
    checkout,
    disputes,
    fraud_warnings,
    refund_sending,
    refunds,
    stray_money,
)

log = structlog.get_logger(__name__)
webhooks_total = Counter("payments_webhooks", "Webhooks by type and end", ["type", "end"])
Forged = signatures.Forged

_LIVE_KEYS = ("sk_live_", "rk_live_")
_GIVEN_UP = (RefundStatus.FAILED, RefundStatus.REJECTED, RefundStatus.SETTLED_BY_HAND)
_GOES_BACK = ("succeeded", "pending", "requires_action")
_WAITING_FOR_ANSWER = (RefundStatus.APPROVED, RefundStatus.IN_FLIGHT, RefundStatus.UNKNOWN)


class NotOurs(Forged):
    """Rightly signed, but of another account or mode."""


class NotYet(Unavailable):
    """What this message is about has not happened here yet: later."""

    code = "not_yet"


def receive(*, body: bytes, signature: str, now: datetime) -> WebhookEvent | None:
    """Verify and store. None for one that is known already. Raises Forged, and then nothing is written.

    One of a type that nothing here waits for is stored as ignored at once: it is on record, and nobody's work.
    """
    event = signatures.verified_event(body, signature, now=now)
    if event.account or event.livemode != settings.STRIPE_SECRET_KEY.startswith(_LIVE_KEYS):
        raise NotOurs("account or mode")
    return store(event, now=now)


def store(event: GatewayEvent, *, now: datetime) -> WebhookEvent | None:
    """The message's row; None where it is known. Also for one that Stripe's list has and nobody brought."""
    stored = WebhookEvent.store(
        waits=event.type in _HANDLERS,
        account=event.account,
        livemode=event.livemode,
        event_id=event.id[:255],
        type=event.type[:100],
        api_version=event.api_version[:40],
        object_type=event.object_type[:64],
        object_id=event.object_id[:255],
        payment_intent=event.payment_id[:255],
        charge=event.charge_id[:255],
        operation_id=event.operation_id[:64],
        happened_at=event.created_at,
        now=now,
    )
    if stored is not None and not stored.waits:
        webhooks_total.labels("other", stored.state).inc()
    return stored


def process(*, event_pk: UUID | str, now: datetime) -> WebhookEvent | None:
    """Do what a stored message calls for. A failure is kept with it and tried again later."""
    event = WebhookEvent.claim(event_pk, now=now)
    if event is None:
        return None
    facts = {"rft.webhook": str(event.id), "rft.webhook.type": event.type}
    with spans.continued(_trace_of(event), "process stripe webhook", attributes=facts) as span:
        try:
            end = _HANDLERS.get(event.type, _ignore)(event, now)
        except Exception as error:
            failures.note(span, error)
            _put_off(event, error, now)
            return event
        event.finish(end, now=now)
    metrics.webhook_done(event, now)
    webhooks_total.labels(event.type if event.type in _HANDLERS else "other", end).inc()
    return event


def process_again(*, event_pk: UUID | str, actor: str, now: datetime) -> WebhookEvent:
    """A person wants it, here and now. Doing it twice does it once."""
    event = revive(event_pk=event_pk, actor=actor, now=now)
    return process(event_pk=event.pk, now=now) or event


def revive(*, event_pk: UUID | str, actor: str, now: datetime) -> WebhookEvent:
    """From its first attempt on, by the next sweep, and on record."""
    event = WebhookEvent.objects.get(pk=event_pk)
    audit.record(
        subject=f"payments.webhook:{event.pk}",
        action="webhook.replayed",
        actor=actor,
        before={"state": event.state, "attempts": event.attempts},
        now=now,
    )
    event.revive(now=now)
    return event


def _put_off(event: WebhookEvent, error: Exception, now: datetime) -> None:
    words = f"{type(error).__name__}: {error}"
    if isinstance(error, Unavailable):
        event.wait(words, now=now)
    else:
        event.put_off(words, now=now)
    webhooks_total.labels(event.type, "failed").inc()
    log.log(
        30 if isinstance(error, Unavailable) else 40,
        "webhook_failed",
        webhook=str(event.id),
        type=event.type,
        attempt=event.attempts,
        error=type(error).__name__,
    )


# --- Handlers --------------------------------------------------------------------------------------


def _ignore(event: WebhookEvent, now: datetime) -> str:
    return WebhookState.IGNORED


def _payment_moved(event: WebhookEvent, now: datetime) -> str:
    """Wake the saga, which asks the gateway itself; of several that come at once one moves it."""
    payment = _payment_of(event)
    if payment is None:
        return WebhookState.IGNORED
    crash_point("CP10")
    if payment.is_open:
        if not _resume(checkout.SAGA, payment.id, event, now):
            raise NotYet("The payment waits for a person.")
        # It may have been given up at the very moment that this message speaks of.
        payment.refresh_from_db()
    if not payment.is_open and payment.status != PaymentStatus.SUCCEEDED:
        _look_for_stray_money(payment, event, now)
    return WebhookState.DONE


def _refund_moved(event: WebhookEvent, now: datetime) -> str:
    answer = gateway.refund(event.object_id)
    refund = _refund_of(answer)
    crash_point("CP10")
    if refund is None:
        return _adopt_refund(event, answer, now)
    if refund.status in _GIVEN_UP and answer.status in _GOES_BACK:
        return _adopt_after_all(refund, answer, now)
    resumed = refund.status in _WAITING_FOR_ANSWER and _resume(refunds.SAGA, refund.id, event, now)
    if not resumed:
        refund_sending.apply(refund, answer, now=now)
    return WebhookState.DONE


def _dispute_moved(event: WebhookEvent, now: datetime) -> str:
    """The row is read before the gateway is asked: whoever moves it meanwhile may know more."""
    known = Dispute.objects.filter(gateway_id=event.object_id).first()
    answer = gateway.dispute(event.object_id)
    payment = Payment.objects.filter(gateway_id=answer.payment_id).first()
    if payment is None:
        return WebhookState.IGNORED
    crash_point("CP10")
    disputes.mirror(payment=payment, known=known, answer=answer, now=now)
    return WebhookState.DONE


def _fraud_warned(event: WebhookEvent, now: datetime) -> str:
    answer = gateway.fraud_warning(event.object_id)
    payment = fraud_warnings.payment_of(answer)
    if payment is None:
        return WebhookState.IGNORED
    fraud_warnings.mirror(payment=payment, answer=answer, now=now)
    return WebhookState.DONE


_HANDLERS: dict[str, Callable[[WebhookEvent, datetime], str]] = {
    **dict.fromkeys(
        (
            "payment_intent.amount_capturable_updated",
            "payment_intent.canceled",
            "payment_intent.payment_failed",
            "payment_intent.processing",
            "payment_intent.succeeded",
            "charge.expired",
        ),
        _payment_moved,
    ),
    **dict.fromkeys(("refund.created", "refund.updated", "refund.failed"), _refund_moved),
    **dict.fromkeys(
        (
            "charge.dispute.created",
            "charge.dispute.updated",
            "charge.dispute.closed",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.funds_reinstated",
        ),
        _dispute_moved,
    ),
    **dict.fromkeys(
        ("radar.early_fraud_warning.created", "radar.early_fraud_warning.updated"), _fraud_warned
    ),
}


def _trace_of(event: WebhookEvent) -> dict[str, str] | None:
    """The trace of who asked the gateway for what it now speaks of: their saga's, found by our own operation."""
    if event.type not in _HANDLERS:
        return None
    payment = _payment_of(event)
    refund = None
    if payment is None and event.operation_id:
        refund = Refund.objects.filter(operation_id=event.operation_id).first()
    subject = payment or refund
    if subject is None:
        return None
    saga = checkout.SAGA if payment else refunds.SAGA
    runs = SagaRun.objects.filter(name=saga, subject_id=subject.id)
    return runs.values_list("trace", flat=True).first()


def _payment_of(event: WebhookEvent) -> Payment | None:
    """By our own operation first: the message may be here before the answer that names the payment."""
    if event.operation_id:
        return Payment.objects.filter(operation_id=event.operation_id).first()
    if event.payment_intent:
        return Payment.objects.filter(gateway_id=event.payment_intent).first()
    return None


def _refund_of(answer: GatewayRefund) -> Refund | None:
    """The row that names it; else ours that asked for it, whose answer may not be here yet."""
    refund_rows = Refund.objects.select_related("payment")
    named = refund_rows.filter(gateway_id=answer.id).first()
    if named is not None or not answer.operation_id:
        return named
    return refund_rows.filter(operation_id=answer.operation_id).first()


def _adopt_refund(event: WebhookEvent, answer: GatewayRefund, now: datetime) -> str:
    payment = Payment.objects.filter(gateway_id=answer.payment_id).first()
    if payment is None:
        return WebhookState.IGNORED
    if payment.is_open:
        raise NotYet("The payment has not been taken here yet.")
    if payment.status != PaymentStatus.SUCCEEDED:
        _look_for_stray_money(payment, event, now)
        return WebhookState.DONE
    refund_sending.adopt(payment=payment, answer=answer, now=now)
    return WebhookState.DONE


def _adopt_after_all(refund: Refund, answer: GatewayRefund, now: datetime) -> str:
    """The gateway carried out what we had given up: the books follow. Where the money was sent or paid
    a second time meanwhile, or ours has this very answer already, it goes on a person's list."""
    twice = Refund.objects.filter(retry_of=refund).exists()
    if twice or refund.gateway_id == answer.id or refund.status == RefundStatus.SETTLED_BY_HAND:
        log.error("refund_carried_out_twice", refund=str(refund.id), status=refund.status)
        stray_money.found(
            payment=refund.payment,
            kind=StrayKind.REFUND,
            gateway_id=answer.id,
            amount_minor=answer.amount,
            now=now,
        )
        return WebhookState.DONE
    log.error("refund_carried_out_after_all", refund=str(refund.id), status=refund.status)
    refund_sending.adopt(payment=refund.payment, answer=answer, retry_of=refund, now=now)
    return WebhookState.DONE


def _resume(saga: str, subject_id: UUID, event: WebhookEvent, now: datetime) -> bool:
    """False when its journey is over or waits for a person."""
    resumed = engine.resume(
        name=saga, subject_id=subject_id, cause=event.type, now=now, in_background=False
    )
    if resumed:
        run = SagaRun.objects.only("id").get(name=saga, subject_id=subject_id)
        engine.drive(run.id)
    return resumed


def _look_for_stray_money(payment: Payment, event: WebhookEvent, now: datetime) -> None:
    """A payment that has ended here may hold money there: what is only set aside is let go, what was taken goes on a
    person's list."""
    answer = gateway.payment(payment.gateway_id or event.payment_intent)
    if answer.status == "requires_capture":
        operation = Operation(id=payment.operation_id, payment_id=payment.id)
        gateway.cancel(operation, payment_id=answer.id, now=now)
        log.error("stray_authorisation_let_go", payment=str(payment.id))
    elif answer.status == "processing":
        raise NotYet("The bank is still working on it.")
    elif stray_money.left_of(answer):
        log.error("stray_money", payment=str(payment.id), status=payment.status)
        stray_money.found(
            payment=payment,
            kind=StrayKind.PAYMENT,
            gateway_id=answer.id,
            amount_minor=stray_money.left_of(answer),
            now=now,
        )


__all__ = ["Forged", "process", "process_again", "receive", "revive"]
