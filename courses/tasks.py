"""The doors that Celery opens."""

from celery import shared_task

from core import clock
from courses import new_dates, notices
from courses.services import bookings, enquiring, moving, signing_in, waiting


@shared_task
def expire_due() -> int:
    """Ends the holds and the unpaid moves whose time is over; the timetable calls it every ten seconds."""
    now = clock.now()
    return bookings.expire_due(now=now) + moving.expire_due(now=now)


@shared_task
def forget_sign_ins() -> int:
    """What opened bookings once and can't any more."""
    return signing_in.forget_old(now=clock.now())


@shared_task
def forget_enquiries() -> int:
    """Enquiries that are older than we say that we keep them."""
    return enquiring.forget_old(now=clock.now())


@shared_task
def mail_new_dates() -> int:
    """Dates that were published, to who asked to hear of them."""
    return new_dates.mail_due(now=clock.now())


@shared_task
def forget_wishes() -> int:
    """Addresses that never said yes, or long ago."""
    return new_dates.forget_old(now=clock.now())


@shared_task
def mail_notices() -> int:
    """Names to come, reminders and how it was, to whoever is due."""
    return notices.mail_due(now=clock.now())


@shared_task
def serve_waiting_lists() -> int:
    """Offers what has come free; the timetable calls it every ten seconds."""
    return waiting.serve_all(now=clock.now())
