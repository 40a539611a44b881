"""Celery's door to the count of key uses."""

from celery import shared_task

from core import clock
from core.crypto import usage


@shared_task(name="core.crypto.tasks.count_uses")
def count_uses() -> None:
    usage.count(now=clock.now())
