"""Celery's doors to payments."""

from celery import shared_task

from core import clock
from payments.services import sweeper, webhooks

PROCESS_WEBHOOK = "payments.tasks.process_webhook"


@shared_task(name=PROCESS_WEBHOOK)
def process_webhook(*, event_pk: str) -> None:
    webhooks.process(event_pk=event_pk, now=clock.now())


@shared_task(name="payments.tasks.sweep")
def sweep() -> None:
    sweeper.sweep(now=clock.now())
