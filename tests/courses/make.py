"""Rows to book: a course, a venue, dated sessions and bookings in any state, made through the services."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from core.ids import secret_token
from core.outbox.models import Message
from courses import policy
from courses.models import (
    Booking,
    BookingTransition,
    CancellationPolicy,
    Course,
    CourseSession,
    SessionDay,
    Venue,
)
from courses.services import bookings
from courses.services.bookings import AttendeeDetails, CustomerDetails

LONDON = ZoneInfo("Europe/London")
NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
CUSTOMER = CustomerDetails(name="Ada Lovelace", email="ada@example.com", phone="0113 496 0000")
BROWSER = "b" * 32


def make_course(slug: str = "emergency-first-aid-at-work", **fields: Any) -> Course:
    standard, _ = CancellationPolicy.objects.get_or_create(
        name=policy.STANDARD["name"],
        defaults={"tiers": policy.STANDARD["tiers"], "consumer_right_days": 14},
    )
    given = {
        "title": "Emergency First Aid at Work",
        "summary": "The one-day course.",
        "audience": "Offices and shops.",
        "guidance": "It covers the syllabus.",
        "hours": 6,
        "price_minor": 9600,
        "cancellation_policy": standard,
    } | fields
    return Course.objects.get_or_create(slug=slug, defaults=given)[0]


def make_venue(slug: str = "leeds", **fields: Any) -> Venue:
    given = {
        "name": "Leeds training room",
        "town": "Leeds",
        "address": "1 Example Yard, Leeds",
        "postcode": "LS1 1AA",
        "latitude": "53.79",
        "longitude": "-1.54",
        "parking": "Free parking",
    } | fields
    return Venue.objects.get_or_create(slug=slug, defaults=given)[0]


def make_session(
    *,
    course: Course | None = None,
    venue: Venue | None = None,
    on: dt.date = dt.date(2026, 12, 15),
    capacity: int = 12,
    days: int = 1,
    **fields: Any,
) -> CourseSession:
    dates = [on + dt.timedelta(days=number) for number in range(days)]
    start, end = dt.time(9, 15), dt.time(16, 30)
    session = CourseSession.objects.create(
        course=course or make_course(),
        venue=venue or make_venue(),
        capacity=capacity,
        starts_at=dt.datetime.combine(dates[0], start, LONDON),
        ends_at=dt.datetime.combine(dates[-1], end, LONDON),
        **fields,
    )
    SessionDay.objects.bulk_create(
        SessionDay(session=session, date=date, start=start, end=end) for date in dates
    )
    return session


def make_hold(
    session: CourseSession | None = None,
    *,
    places: int = 1,
    browser: str | None = None,
    now: dt.datetime = NOW,
) -> Booking:
    return bookings.hold(
        session_id=(session or make_session()).pk,
        places=places,
        browser=browser or secret_token(),
        now=now,
    )


def make_ready(
    session: CourseSession | None = None,
    *,
    places: int = 1,
    customer: CustomerDetails = CUSTOMER,
    browser: str | None = None,
    now: dt.datetime = NOW,
) -> Booking:
    """Held, with all details: ready to pay."""
    booking = make_hold(session, places=places, browser=browser, now=now)
    people = [
        AttendeeDetails(name=f"Person {number}", email=f"person{number}@example.com")
        for number in range(1, places + 1)
    ]
    return bookings.give_details(token=booking.token, customer=customer, attendees=people, now=now)


def make_paying(session: CourseSession | None = None, **rest: Any) -> Booking:
    booking = make_ready(session, **rest)
    return bookings.begin_payment(booking_id=booking.pk, now=rest.get("now", NOW))


def make_confirmed(session: CourseSession | None = None, **rest: Any) -> Booking:
    booking = make_paying(session, **rest)
    return bookings.confirm(booking_id=booking.pk, now=rest.get("now", NOW))


def make_expired(session: CourseSession | None = None, **rest: Any) -> Booking:
    booking = make_ready(session, **rest)
    bookings.expire_due(now=booking.hold_expires_at)
    booking.refresh_from_db()
    return booking


def change(booking: Booking, position: int, **fields: str) -> None:
    """Another name or address for the person in this place, behind the services' back."""
    attendee = booking.attendees.get(position=position)
    for name, value in fields.items():
        setattr(attendee, name, value)
    attendee.save()


def steps(booking: Booking) -> list[tuple[str, str, str]]:
    """Its history: action, from, to."""
    rows = BookingTransition.objects.filter(booking=booking).order_by("id")
    return [(row.action, row.came_from, row.went_to) for row in rows]


def published(name: str) -> list[dict[str, Any]]:
    """The payloads of the events of this name, oldest first."""
    return list(Message.objects.filter(name=name).order_by("id").values_list("payload", flat=True))
