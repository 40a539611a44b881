"""What staff do to dates: schedule one, and change its room for people. Times of a booked date don't move here."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from core.errors import Invalid
from courses.models import Course, CourseSession, SessionDay, Venue
from courses.services import capacity as places


def schedule(
    *,
    course: Course,
    venue: Venue,
    first_date: dt.date,
    start: dt.time,
    end: dt.time,
    capacity: int,
    minimum: int,
    trainer: str,
) -> CourseSession:
    """A new date on as many days in a row as the course has, at the same times each day.

    Raises Invalid, also where the course already begins there at that moment.
    """
    if end <= start:
        raise Invalid(fields={"end": ["Enter an end that is after the start."]})
    dates = [first_date + dt.timedelta(days=number) for number in range(course.days)]
    session = CourseSession(
        course=course,
        venue=venue,
        capacity=capacity,
        minimum=minimum,
        trainer=trainer,
        starts_at=dt.datetime.combine(dates[0], start, venue.zone),
        ends_at=dt.datetime.combine(dates[-1], end, venue.zone),
    )
    with places.bounded():
        twin = CourseSession.objects.filter(course=course, venue=venue, starts_at=session.starts_at)
        if twin.exists():
            raise Invalid(fields={"first_date": ["This course already has that date there."]})
        session.save(force_insert=True)
        SessionDay.objects.bulk_create(
            SessionDay(session=session, date=date, start=start, end=end) for date in dates
        )
    return session


def change(*, session_id: UUID | str, capacity: int, minimum: int, trainer: str) -> CourseSession:
    """Room, minimum and trainer of a date; raises Invalid where more people are booked than would fit."""
    with places.bounded():
        session = places.lock_session(session_id)
        booked = places.places_taken(session)
        if capacity < booked:
            words = "1 person is booked" if booked == 1 else f"{booked} people are booked"
            raise Invalid(fields={"capacity": [f"{words}."]})
        if minimum > capacity:
            raise Invalid(fields={"minimum": ["The minimum can’t be above the capacity."]})
        session.capacity, session.minimum, session.trainer = capacity, minimum, trainer
        session.save(update_fields=["capacity", "minimum", "trainer"])
        return session
