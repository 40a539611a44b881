"""The calendar file of a booking: one event a day, with an alarm the day before.

An event keeps its UID for good, so that another date or a cancellation reaches the entry that it is about.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from django.conf import settings
from icalendar import Alarm, Calendar, Event, Timezone, vText

from courses.models import Booking, BookingStatus, CourseSession, SessionDay

MIME = "text/calendar; charset=utf-8"
ATTACHED_MIME = "text/calendar"
FILE_NAME = "first-aid-course.ics"
PRODUCT = "-//React Fast Training//Bookings//EN"
DAY_BEFORE = dt.timedelta(days=-1)


def calendar_file(booking: Booking, *, link: str = "") -> bytes:
    """The file's bytes: the same each time for the same booking. The link is for the one who booked."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    venue, year = booking.session.venue, booking.session.starts_at.year
    calendar.add_component(_time_zone(venue.time_zone, year))
    days = sorted(booking.session.days.all(), key=lambda day: day.date)
    for number, day in enumerate(days, start=1):
        calendar.add_component(_event(booking, day, number, len(days), link))
    return calendar.to_ical()


@lru_cache(maxsize=64)
def _time_zone(name: str, year: int) -> Timezone:
    """The zone's rules around that year. To work them out takes longer than all the rest of the file."""
    return Timezone.from_tzid(
        name, first_date=dt.date(year - 1, 1, 1), last_date=dt.date(year + 2, 1, 1)
    )


def _event(booking: Booking, day: SessionDay, number: int, days: int, link: str) -> Event:
    session = booking.session
    is_cancelled = booking.status == BookingStatus.CANCELLED
    event = Event()
    event.add("uid", f"{booking.pk}-{number}@react-fast-training")
    event.add("dtstamp", booking.confirmed_at or booking.created_at)
    event.add("sequence", booking.moved + is_cancelled)
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    event.add("summary", _title(session, f"{number} of {days}"))
    event.add("dtstart", dt.datetime.combine(day.date, day.start, session.venue.zone))
    event.add("dtend", dt.datetime.combine(day.date, day.end, session.venue.zone))
    event.add("location", vText(f"{session.venue.name}, {session.venue.address}"))
    event.add("description", _description(booking, link))
    if link:
        event.add("url", link)
    event.add_component(_alarm(session))
    return event


def _title(session: CourseSession, number: str) -> str:
    return session.course.title if number == "1 of 1" else f"{session.course.title}, day {number}"


def _description(booking: Booking, link: str) -> str:
    venue = booking.session.venue
    lines = ["Bring photo ID.", venue.parking, venue.access, f"Booking {booking.reference}"]
    lines += [f"Call us on {settings.OFFICE_PHONE}", link]
    return "\n".join(line for line in lines if line)


def _alarm(session: CourseSession) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", f"Tomorrow: {session.course.title}")
    alarm.add("trigger", DAY_BEFORE)
    return alarm
