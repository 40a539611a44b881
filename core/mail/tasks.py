"""The door that Celery opens: nudged when a message is queued, and swept by the timetable."""

from celery import shared_task

from core.clock import now
from core.mail import delivery


@shared_task
def send_due() -> int:
    return delivery.send_due(now=now())
