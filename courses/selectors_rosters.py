"""Who comes to a date, as the office and the trainer read it: a fixed number of queries for any number of people."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from uuid import UUID

from core import formats
from core.crypto.fields import readable
from courses.models import (
    Attendance,
    Attendee,
    BookingStatus,
    CourseSession,
    DayMark,
    PlaceState,
    Result,
    SessionDay,
)
from courses.models.states import TAKES_PLACES
from courses.selectors import SessionNotFound

STANDINGS = {
    BookingStatus.CONFIRMED: ("Paid", "ok"),
    BookingStatus.UNDER_REVIEW: ("Being checked", "warn"),
    BookingStatus.PAYING: ("Paying now", "info"),
    BookingStatus.HELD: ("Held", ""),
}


@dataclass(frozen=True)
class Day:
    """One day for one person: what was marked, and whether it can be yet."""

    id: UUID
    date: dt.date
    is_to_come: bool
    mark: str = DayMark.EXPECTED
    marked_at: dt.datetime | None = None
    marked_by: str = ""

    @property
    def words(self) -> str:
        return str(DayMark(self.mark).label)


@dataclass(frozen=True)
class Person:
    """A place and who has it; `name` is empty while it is to come."""

    id: UUID
    booking_id: UUID
    reference: str
    booked_by: str
    name: str
    email: str
    company: str
    has_needs: bool
    standing: str
    tone: str
    is_confirmed: bool
    result: str
    days: list[Day] = field(default_factory=list)

    @property
    def result_words(self) -> str:
        return str(Result(self.result).label)


@dataclass(frozen=True)
class Roster:
    session: CourseSession
    days: list[SessionDay]
    people: list[Person]
    today: dt.date

    @property
    def expected(self) -> list[Person]:
        """Those whose place is sure."""
        return [each for each in self.people if each.is_confirmed]

    @property
    def unsure(self) -> int:
        return len(self.people) - len(self.expected)

    @property
    def has_begun(self) -> bool:
        return bool(self.days) and self.days[0].date <= self.today

    @property
    def is_last_day(self) -> bool:
        return bool(self.days) and self.days[-1].date <= self.today


def roster(*, session_id: UUID, now: dt.datetime) -> Roster:
    """Everybody whose place is taken, by name, those without one last; raises SessionNotFound."""
    sessions = CourseSession.objects.select_related("course", "venue").with_places(now)
    session = sessions.filter(pk=session_id).first()
    if session is None:
        raise SessionNotFound
    days = list(SessionDay.objects.filter(session=session).order_by("date"))
    today = formats.local_date(now)
    marks = {
        (each.attendee_id, each.day_id): each
        for each in Attendance.objects.filter(day__in=[day.pk for day in days])
    }
    rows = Attendee.objects.filter(
        booking__session=session, booking__status__in=TAKES_PLACES, state=PlaceState.ACTIVE
    ).select_related("booking__customer")
    people = [
        _person(each, [_day(day, marks.get((each.pk, day.pk)), today) for day in days])
        for each in rows
        if each.booking.status != BookingStatus.HELD or each.booking.is_live_hold(now)
    ]
    people.sort(key=lambda each: (not each.name, each.name.casefold(), each.reference, each.id))
    return Roster(session=session, days=days, people=people, today=today)


def _person(attendee: Attendee, days: list[Day]) -> Person:
    booking, customer = attendee.booking, attendee.booking.customer
    status = BookingStatus(booking.status)
    standing, tone = STANDINGS[status]
    return Person(
        id=attendee.pk,
        booking_id=booking.pk,
        reference=booking.reference,
        booked_by=readable(customer, "name") if customer else "",
        name=readable(attendee, "name"),
        email=readable(attendee, "email"),
        company=readable(customer, "company") if customer else "",
        has_needs=bool(readable(attendee, "access_needs")),
        standing=standing,
        tone=tone,
        is_confirmed=status == BookingStatus.CONFIRMED,
        result=attendee.result,
        days=days,
    )


def _day(day: SessionDay, row: Attendance | None, today: dt.date) -> Day:
    is_to_come = day.date > today
    if row is None:
        return Day(id=day.pk, date=day.date, is_to_come=is_to_come)
    return Day(day.pk, day.date, is_to_come, row.mark, row.marked_at, row.marked_by)
