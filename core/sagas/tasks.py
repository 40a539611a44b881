"""Celery's doors to the sagas: drive one run, and the sweep that finds the due ones."""

from uuid import UUID

from celery import shared_task

from core import clock
from core.crashpoints import crash_point
from core.sagas import engine


@shared_task(name="core.sagas.tasks.drive")
def drive(*, run_id: str) -> None:
    crash_point("CP07")
    engine.drive(UUID(run_id))
    crash_point("CP08")


@shared_task(name="core.sagas.tasks.sweep")
def sweep() -> None:
    engine.hand_over_due(now=clock.now())
