"""The clock's hand on the review queue."""

from celery import shared_task

from core import clock
from fraud.services import reviews


@shared_task(name="fraud.tasks.lapse_reviews", ignore_result=True)
def lapse_reviews() -> int:
    return reviews.lapse_due(now=clock.now())


@shared_task(name="fraud.tasks.tell_late_reviews", ignore_result=True)
def tell_late_reviews() -> int:
    return reviews.tell_late_due(now=clock.now())
