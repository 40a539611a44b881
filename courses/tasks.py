"""The doors that Celery opens."""

from celery import shared_task

from core import clock
from courses.services import bookings


@shared_task
def expire_due() -> int:
    """Ends the holds whose time is over; the timetable calls it every ten seconds."""
    return bookings.expire_due(now=clock.now())
