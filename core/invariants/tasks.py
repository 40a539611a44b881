"""Celery's door to the invariants."""

from celery import shared_task

from core import clock, nudges
from core.invariants import watching

CHECK = "core.invariants.tasks.check"
SECONDS_MAX = 100


@shared_task(name=CHECK, soft_time_limit=SECONDS_MAX)
def check(*, nth: int = 0) -> None:
    """The nth of them, then the next: none makes a worker run long."""
    names = watching.names()
    watching.check(names[nth], now=clock.now())
    if nth + 1 < len(names):
        nudges.send(CHECK, nth=nth + 1)
