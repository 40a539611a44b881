"""A catalogue to look at: courses, Yorkshire venues, and half a year of dates from today.

Loading it again, today or next week, adds only what is missing, and changes nothing that is there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from courses import policy
from courses.models import CancellationPolicy, Course, CourseSession, SessionDay, Venue
from courses.services import sample_courses

DAYS_AHEAD = 183
FIRST_DATE_IN_DAYS = 2
CAPACITY, MINIMUM = 12, 4
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = range(6)
TRAINERS = ("Priya Shah", "Tom Barraclough", "Ewa Nowak", "Marcus Bell")
TIMES = {
    "emergency-first-aid-at-work": (dt.time(9, 15), dt.time(16, 30)),
    "first-aid-at-work": (dt.time(9), dt.time(16, 30)),
    "first-aid-at-work-requalification": (dt.time(9), dt.time(16, 30)),
    "paediatric-first-aid": (dt.time(9), dt.time(16)),
    "aed-and-cpr": (dt.time(9, 30), dt.time(12, 45)),
}


@dataclass(frozen=True)
class Run:
    """A course at a venue, from this weekday on, in every ``every``-th week counted from ``week``."""

    course: str
    venue: str
    weekday: int
    every: int
    week: int = 0


RUNS = (
    Run("emergency-first-aid-at-work", "leeds-city", THURSDAY, every=1),
    Run("emergency-first-aid-at-work", "leeds-city", SATURDAY, every=2),
    Run("emergency-first-aid-at-work", "leeds-south", TUESDAY, every=2, week=1),
    Run("emergency-first-aid-at-work", "sheffield", TUESDAY, every=1),
    Run("emergency-first-aid-at-work", "york", FRIDAY, every=2),
    Run("emergency-first-aid-at-work", "york", SATURDAY, every=4, week=1),
    Run("emergency-first-aid-at-work", "bradford", WEDNESDAY, every=2, week=1),
    Run("emergency-first-aid-at-work", "hull", THURSDAY, every=2, week=1),
    Run("emergency-first-aid-at-work", "harrogate", MONDAY, every=3),
    Run("first-aid-at-work", "leeds-south", MONDAY, every=2),
    Run("first-aid-at-work", "york", MONDAY, every=4, week=1),
    Run("first-aid-at-work", "sheffield", WEDNESDAY, every=4, week=2),
    Run("first-aid-at-work", "hull", TUESDAY, every=4, week=2),
    Run("first-aid-at-work-requalification", "leeds-south", THURSDAY, every=2),
    Run("first-aid-at-work-requalification", "york", WEDNESDAY, every=4, week=2),
    Run("first-aid-at-work-requalification", "sheffield", WEDNESDAY, every=4, week=3),
    Run("paediatric-first-aid", "bradford", THURSDAY, every=2),
    Run("paediatric-first-aid", "leeds-city", MONDAY, every=2, week=1),
    Run("paediatric-first-aid", "sheffield", FRIDAY, every=4, week=1),
    Run("paediatric-first-aid", "harrogate", SATURDAY, every=4, week=3),
    Run("aed-and-cpr", "leeds-city", WEDNESDAY, every=2),
    Run("aed-and-cpr", "york", THURSDAY, every=4),
    Run("aed-and-cpr", "hull", WEDNESDAY, every=4),
)


@dataclass(frozen=True)
class Loaded:
    courses: int
    venues: int
    sessions: int


def load(*, now: dt.datetime) -> Loaded:
    """Adds what is missing of the sample catalogue; returns how much that was."""
    with transaction.atomic():
        courses = _load_courses()
        venues = _load_venues()
        return Loaded(courses, venues, _load_sessions(now))


def dated(
    course: Course, venue: Venue, first: dt.date, trainer: str
) -> tuple[CourseSession, list[SessionDay]]:
    """One run of a course on the days from ``first`` on, not yet saved."""
    start, end = TIMES.get(course.slug, (dt.time(9), dt.time(16, 30)))
    dates = [first + dt.timedelta(days=number) for number in range(course.days)]
    session = CourseSession(
        course=course,
        venue=venue,
        capacity=CAPACITY,
        minimum=MINIMUM,
        trainer=trainer,
        starts_at=dt.datetime.combine(dates[0], start, venue.zone),
        ends_at=dt.datetime.combine(dates[-1], end, venue.zone),
    )
    return session, [SessionDay(session=session, date=date, start=start, end=end) for date in dates]


def _load_courses() -> int:
    standard, _ = CancellationPolicy.objects.get_or_create(
        name=policy.STANDARD["name"],
        defaults={
            "tiers": policy.STANDARD["tiers"],
            "consumer_right_days": policy.STANDARD["consumer_right_days"],
        },
    )
    added = 0
    for position, words in enumerate(sample_courses.COURSES):
        given = {
            "bring": sample_courses.BRING,
            "questions": sample_courses.QUESTIONS,
            "position": position,
            "cancellation_policy": standard,
        } | words
        _, is_new = Course.objects.get_or_create(slug=given.pop("slug"), defaults=given)
        added += is_new
    return added


def _load_venues() -> int:
    added = 0
    for words in sample_courses.VENUES:
        rest = {name: value for name, value in words.items() if name != "slug"}
        _, is_new = Venue.objects.get_or_create(slug=words["slug"], defaults=rest)
        added += is_new
    return added


def _load_sessions(now: dt.datetime) -> int:
    courses = Course.objects.in_bulk(field_name="slug")
    venues = Venue.objects.in_bulk(field_name="slug")
    known = set(CourseSession.objects.values_list("course_id", "venue_id", "starts_at"))
    sessions, days = [], []
    for number, (run, first) in enumerate(_planned(now)):
        trainer = TRAINERS[number % len(TRAINERS)]
        session, its_days = dated(courses[run.course], venues[run.venue], first, trainer)
        if (session.course_id, session.venue_id, session.starts_at) not in known:
            sessions.append(session)
            days += its_days
    CourseSession.objects.bulk_create(sessions)
    SessionDay.objects.bulk_create(days)
    return len(sessions)


def _planned(now: dt.datetime) -> Iterator[tuple[Run, dt.date]]:
    """Weeks are counted from a fixed Monday, so that loading again tomorrow finds the same dates."""
    today = now.astimezone(ZoneInfo(settings.VENUE_TIME_ZONE)).date()
    for ahead in range(FIRST_DATE_IN_DAYS, DAYS_AHEAD):
        date = today + dt.timedelta(days=ahead)
        week = (date.toordinal() - 1) // 7
        if _is_holiday(date):
            continue
        for run in RUNS:
            if date.weekday() == run.weekday and week % run.every == run.week % run.every:
                yield run, date


def _is_holiday(date: dt.date) -> bool:
    """The days around Christmas, when nobody comes."""
    return (date.month, date.day) >= (12, 23) or (date.month, date.day) <= (1, 3)
