"""The heartbeat: a task that comes through proves timetable, broker and worker at once."""

from celery import shared_task

from core import clock
from core.health import metrics, observations


@shared_task(name="core.health.tasks.beat_heart")
def beat_heart() -> None:
    metrics.heartbeat_at.set_to_current_time()


@shared_task(name="core.health.tasks.observe")
def observe() -> None:
    observations.observe(now=clock.now())


@shared_task(name="core.health.tasks.prune")
def prune() -> None:
    observations.prune(now=clock.now())


@shared_task(name="core.health.tasks.prove_worker")
def prove_worker() -> None:
    """That a worker accepted it is all that its watchdog wants to know."""
