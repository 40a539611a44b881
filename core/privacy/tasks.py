"""The doors that Celery opens."""

from celery import shared_task

from core import clock
from core.privacy import retention


class RulesFailed(Exception):
    """What some rules should have forgotten is still there."""


@shared_task
def forget() -> int:
    """What every app keeps no longer. Raises RulesFailed after the last of them, so that the task is seen to fail."""
    run = retention.apply(now=clock.now())
    if run.failed:
        raise RulesFailed(run.failed)
    return sum(run.forgotten.values())
