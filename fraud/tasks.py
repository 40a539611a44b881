"""The clock's hand on the review queue and on what is known of each key."""

from celery import shared_task

from core import clock
from fraud.services import outcomes, profiles, reviews


@shared_task(name="fraud.tasks.lapse_reviews", ignore_result=True)
def lapse_reviews() -> int:
    return reviews.lapse_due(now=clock.now())


@shared_task(name="fraud.tasks.tell_late_reviews", ignore_result=True)
def tell_late_reviews() -> int:
    return reviews.tell_late_due(now=clock.now())


@shared_task(name="fraud.tasks.fold_profiles", ignore_result=True)
def fold_profiles() -> int:
    return profiles.fold_all()


@shared_task(name="fraud.tasks.mature_labels", ignore_result=True)
def mature_labels() -> int:
    return outcomes.mature(now=clock.now())
