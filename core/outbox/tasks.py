"""Celery's doors to the outbox: the nudge after a commit, and the sweep that needs no nudge."""

from celery import shared_task

from core import clock
from core.crashpoints import crash_point
from core.outbox import relay
from core.outbox.models import Delivery


@shared_task(name="core.outbox.tasks.relay")
def relay_now() -> None:
    crash_point("CP07")
    relay.relay_due()
    crash_point("CP08")


@shared_task(name="core.outbox.tasks.sweep")
def sweep() -> None:
    Delivery.objects.bury_exhausted(now=clock.now())
    relay.relay_due()
