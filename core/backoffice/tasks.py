"""Celery's doors to bulk actions: the nudge, and the sweep that needs none."""

from celery import shared_task
from django.contrib import admin

from core import clock
from core.backoffice import bulk


@shared_task(name="core.backoffice.tasks.run_bulk")
def run_bulk(*, run_id: str) -> None:
    admin.autodiscover()  # the acts are registered beside their lists
    bulk.walk(run_id=run_id)


@shared_task(name="core.backoffice.tasks.sweep_bulk")
def sweep_bulk() -> None:
    admin.autodiscover()
    bulk.sweep(now=clock.now())
