"""The door that Celery opens."""

from celery import shared_task

from core.clock import now
from core.idempotency import store


@shared_task
def prune() -> int:
    return store.prune(now=now())
