"""Celery's doors to payments."""

from contextlib import suppress

from celery import shared_task

from core import clock, nudges
from payments import emails
from payments.probe import checking
from payments.services import reconciling, session_cancelling, sweeper, webhooks

RECONCILE_RECENT = "payments.tasks.reconcile_recent"
RECONCILE_ALL = "payments.tasks.reconcile_all"
PROCESS_WEBHOOK = "payments.tasks.process_webhook"


@shared_task(name=PROCESS_WEBHOOK)
def process_webhook(*, event_pk: str) -> None:
    webhooks.process(event_pk=event_pk, now=clock.now())


@shared_task(name="payments.tasks.check_pay_page")
def check_pay_page() -> None:
    """Asked every hour, done every week: a timetable that begins anew with each start must not skip it."""
    now = clock.now()
    if checking.is_due(now):
        checking.check(now=now)


@shared_task(name="payments.tasks.sweep")
def sweep() -> None:
    sweeper.sweep(now=clock.now())


@shared_task(name=session_cancelling.TASK)
def settle_called_off() -> None:
    """The bookings of dates that we cancelled, a batch in each task; the rest follows at once."""
    if session_cancelling.settle_due(clock=clock.now) == session_cancelling.BATCH:
        nudges.send(session_cancelling.TASK)


@shared_task(name="payments.tasks.remind_of_refunds")
def remind_of_refunds() -> None:
    emails.remind_of_refunds(now=clock.now())


@shared_task(name=RECONCILE_RECENT)
def reconcile_recent() -> None:
    """One that is under way already does the work of this one."""
    with suppress(reconciling.UnderWay):
        reconciling.recent(now=clock.now())


@shared_task(name=RECONCILE_ALL)
def reconcile_all(*, nth: int = 0) -> None:
    """The whole past, a slice in each task so that none runs long; a slice that is lost is made up the next night."""
    with suppress(reconciling.UnderWay):
        if reconciling.slice_of_all(nth=nth, now=clock.now()):
            nudges.send(RECONCILE_ALL, nth=nth + 1)
