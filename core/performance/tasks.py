"""Celery's doors: advice each hour, and forgetting what is old."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from core import clock
from core.performance import suggestions
from core.performance.models import Measurement, Statement
from core.performance.recorder import MEASURE

# A year and a month, so that each week has the same one of last year beside it.
MEASURES_KEPT = timedelta(days=400)


@shared_task(name="core.performance.tasks.advise")
def advise() -> None:
    now = clock.now()
    suggestions.look(now=now)
    suggestions.measure_released(now=now)


@shared_task(name="core.performance.tasks.prune")
def prune() -> None:
    before = clock.now() - timedelta(days=settings.PERFORMANCE_DAYS)
    rows = Measurement.objects.exclude(kind=MEASURE)
    rows.filter(hour__lt=before).delete()
    Measurement.objects.filter(kind=MEASURE, hour__lt=clock.now() - MEASURES_KEPT).delete()
    Statement.objects.filter(seen_at__lt=before).delete()
