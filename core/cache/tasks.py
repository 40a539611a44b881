"""Celery's door: the timetable keeps warm what everybody asks for."""

from celery import shared_task

from core.cache import warming


@shared_task(name="core.cache.tasks.warm")
def warm() -> None:
    warming.warm()
