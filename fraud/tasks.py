"""The clock's hand on the review queue and on what is known of each key."""

from celery import shared_task

from core import clock
from fraud.services import outcomes, profiles, reviews, site_alarms


@shared_task(name="fraud.tasks.lapse_reviews", ignore_result=True)
def lapse_reviews() -> int:
    return reviews.lapse_due(now=clock.now())


@shared_task(name="fraud.tasks.tell_late_reviews", ignore_result=True)
def tell_late_reviews() -> int:
    return reviews.tell_late_due(now=clock.now())


@shared_task(name="fraud.tasks.fold_profiles", ignore_result=True)
def fold_profiles() -> int:
    return profiles.fold_all()


@shared_task(name="fraud.tasks.forget_profiles", ignore_result=True)
def forget_profiles() -> int:
    return profiles.forget(now=clock.now())


@shared_task(name="fraud.tasks.mature_labels", ignore_result=True)
def mature_labels() -> int:
    return outcomes.mature(now=clock.now())


@shared_task(name="fraud.tasks.watch_for_card_testing", ignore_result=True)
def watch_for_card_testing() -> bool:
    return site_alarms.watch(now=clock.now()) is not None
