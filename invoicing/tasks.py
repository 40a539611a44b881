"""Celery's doors to invoicing."""

from celery import shared_task

from core import clock
from invoicing.services import proving


@shared_task(name="invoicing.tasks.prove_numbers")
def prove_numbers() -> None:
    proving.prove(now=clock.now())
