"""What the clock does for payments: takes up messages that nobody has processed, and finds the forgotten.

Unknown outcomes, abandoned approvals and crashed attempts are waits of their sagas, which the sagas' own
sweep wakes; here is only what no saga knows of.
"""

from datetime import datetime, timedelta

import structlog

from core import clock
from core.sagas import engine, states
from core.sagas.models import SagaRun
from payments.models import Payment, WebhookEvent
from payments.models.states import PAYMENT_OPEN
from payments.services import checkout, webhooks

log = structlog.get_logger(__name__)
BATCH = 100
FORGOTTEN_AFTER = timedelta(minutes=5)


def sweep(*, now: datetime) -> int:
    """How many messages were taken up."""
    due = WebhookEvent.objects.due(now).order_by("next_attempt_at")
    event_pks = list(due.values_list("pk", flat=True)[:BATCH])
    for event_pk in event_pks:
        # Time goes on while a batch is worked through: a lease taken at its start would be over by its end.
        webhooks.process(event_pk=event_pk, now=max(now, clock.now()))
    _take_up_forgotten(now)
    return len(event_pks)


def forgotten(*, now: datetime) -> list[SagaRun]:
    """Sagas that have ended over an unfinished payment: impossible, so it is looked for."""
    unfinished = Payment.objects.filter(
        status__in=PAYMENT_OPEN, changed_at__lt=now - FORGOTTEN_AFTER
    )
    ended = SagaRun.objects.filter(name=checkout.SAGA, state__in=states.FINISHED)
    return list(ended.filter(subject_id__in=unfinished.values("id")).order_by("changed_at")[:BATCH])


def _take_up_forgotten(now: datetime) -> None:
    """From the first step on: each looks at what the payment's own state says is done."""
    for run in forgotten(now=now):
        log.error("payment_forgotten", payment=str(run.subject_id), saga=str(run.id))
        engine.start_again(run_id=run.id, now=now)
