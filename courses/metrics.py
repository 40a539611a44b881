"""What monitoring sees of bookings: how many, and how far those of the last day came."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Avg, Count, Q
from prometheus_client import Counter, Metric

from core.health.readings import gauge
from core.outbox.events import Event, observe
from core.performance import measures
from courses import events
from courses.models import Booking, BookingStatus, BookingTransition, Rating

DAY = timedelta(days=1)
LATELY = timedelta(days=90)
# Who holds a place now may still pay; a day's bookings are judged when their holds have ended.
STILL_GOING = timedelta(minutes=20)
LIVE = (BookingStatus.HELD, BookingStatus.PAYING, BookingStatus.UNDER_REVIEW)

bookings_total = Counter("booking_events", "What happened to bookings", ["event"])
COUNTED: dict[type[Event], str] = {
    events.BookingHeld: "held",
    events.BookingConfirmed: "confirmed",
    events.BookingExpired: "expired",
    events.BookingCancelled: "cancelled",
    events.BookingPutUnderReview: "put_under_review",
    events.BookingReleased: "released",
    events.BookingMoved: "moved",
}

MEASURED: dict[type[Event], str] = {
    events.BookingHeld: "hold_created",
    events.BookingExpired: "hold_expired",
    events.BookingConfirmed: "pay_paid",
    events.BookingPutUnderReview: "review_entered",
    events.BookingCancelled: "cancel_done",
    events.BookingMoved: "move_done",
}


def connect() -> None:
    """Count what is published; called once, from `ready()`."""
    for event, name in COUNTED.items():
        child = bookings_total.labels(name)
        observe(event, partial(_count, child))

    for event, measure in MEASURED.items():
        observe(event, partial(_measure, measure))


def _count(child: Counter, _event: Event) -> None:
    child.inc()


def _measure(name: str, _event: Event) -> None:
    measures.count(name)


def read(now: datetime) -> Iterator[Metric]:
    live = Booking.objects.filter(status__in=LIVE).aggregate(
        **{str(status): Count("id", filter=Q(status=status)) for status in LIVE}
    )
    yield gauge("booking_live", "Places kept that are not yet paid for", live, label="status")
    yield _funnel(now)
    yield _ratings(now)


def _funnel(now: datetime) -> Metric:
    """Each booking once, however often its pages were loaded. With the details given the next page is to pay.

    The probe's are nobody's: it never pays.
    """
    made = Booking.objects.filter(
        created_at__gt=now - DAY, created_at__lte=now - STILL_GOING
    ).exclude(transitions__cause=BookingTransition.PROBE)
    found = made.aggregate(
        held=Count("id"),
        pay_page=Count("id", filter=Q(details_at__isnull=False)),
        paid=Count("id", filter=Q(details_at__isnull=False, confirmed_at__isnull=False)),
    )
    return gauge("booking_funnel", "Of the last day's bookings, how far", found, label="stage")


def _ratings(now: datetime) -> Metric:
    """What attendees thought of their course, each once: how many marks in 90 days, and their mean."""
    found = Rating.objects.filter(rated_at__gt=now - LATELY).aggregate(
        marks=Count("id"), mean=Avg("score")
    )
    told = {name: float(number) for name, number in found.items() if number is not None}
    return gauge(
        "course_ratings", "Marks from 1 to 5 after courses, last 90 days", told, label="what"
    )
