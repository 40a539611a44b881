"""Celery's doors to the outbox: the nudge after a commit, and the sweep that needs no nudge."""

from celery import shared_task

from core import clock
from core.crashpoints import crash_point
from core.outbox import metrics, relay
from core.outbox.models import Delivery


@shared_task(name="core.outbox.tasks.relay")
def relay_now() -> None:
    crash_point("CP07")
    relay.relay_due()
    crash_point("CP08")


@shared_task(name="core.outbox.tasks.sweep")
def sweep() -> None:
    now = clock.now()
    Delivery.objects.bury_exhausted(now=now)
    relay.relay_due()
    metrics.read_backlog(now=now)
