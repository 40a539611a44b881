"""Bookings of the past and of the weeks to come, in bulk: for screens and benchmarks, never for a real shop.

Sessions are made first, then bookings in the order of their moments, in parts. What money leaves behind is
filled in by the apps above, from the sales that each part hands them.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

from core.database import bulk
from core.ids import reference
from courses import pricing
from courses.models import (
    Booking,
    Course,
    CourseSession,
    SessionDay,
    SessionState,
    Venue,
)
from courses.services import sample_catalogue, sample_people, sample_rows
from courses.services.sample_rows import Sale

PART = 10_000
PLACES = (1, 1, 1, 1, 2, 2, 3, 4)
PLACES_OF_A_BOOKING = 2
SHARE_TO_COME = 0.12
WORKING_DAYS_BACK = 500
EXPIRED, BLOCKED, REFUNDED = 0.03, 0.005, 0.04


def fill(*, bookings: int, now: dt.datetime, seed: int = 1) -> Iterator[list[Sale]]:
    """Writes that many bookings with their people and history, oldest first, and yields each part's sales.

    The caller owns the transaction. The same seed draws the same history.
    """
    draw = random.Random(seed)  # noqa: S311  (dice for sample data, no secret)
    sales = _drawn(bookings, now, draw)
    sales.sort(key=lambda sale: sale.held_at)
    for start in range(0, len(sales), PART):
        part = sales[start : start + PART]
        sample_rows.write(sales=part, draw=draw)
        bulk.check_constraints()
        yield part


def _drawn(count: int, now: dt.datetime, draw: random.Random) -> list[Sale]:
    to_come = list(
        CourseSession.objects.on_sale(now).select_related("course", "venue").with_places(now)
    )
    sales = _sales_on(to_come, int(count * SHARE_TO_COME), now, draw)
    before = now - dt.timedelta(days=5)
    while len(sales) < count:
        missing = count - len(sales)
        past = _past_sessions(missing, before)
        sales += _sales_on(past, missing, now, draw)
        before = past[-1].starts_at - dt.timedelta(days=1)
    for sale, name, key in zip(sales, _references(count), bulk.ids(), strict=False):
        sale.reference, sale.booking_id = name, key
    return sales


def _references(count: int) -> set[str]:
    """So many that nobody has: among a hundred thousand draws some are the same."""
    taken = set(Booking.objects.values_list("reference", flat=True))
    names: set[str] = set()
    while len(names) < count:
        name = reference()
        if name not in taken:
            names.add(name)
    return names


def _past_sessions(bookings: int, before: dt.datetime) -> list[CourseSession]:
    """About enough dates up to that day for so many bookings: on working days, newest first, saved."""
    needed = bookings * PLACES_OF_A_BOOKING // sample_catalogue.CAPACITY + 1
    a_day = -(-needed // WORKING_DAYS_BACK)
    courses, venues = Course.objects.order_by("position"), Venue.objects.order_by("slug")
    kinds = [(course, venue) for venue in venues for course in courses]
    known = set(CourseSession.objects.values_list("course_id", "venue_id", "starts_at"))
    sessions: list[CourseSession] = []
    days: list[SessionDay] = []
    date = before.date()
    while len(sessions) < needed:
        for number in range(a_day if date.weekday() <= sample_catalogue.FRIDAY else 0):
            course, venue = kinds[(date.toordinal() * 7 + number) % len(kinds)]
            session, its_days = sample_catalogue.dated(course, venue, date, "Priya Shah")
            if (session.course_id, session.venue_id, session.starts_at) not in known:
                session.state = SessionState.COMPLETED
                sessions.append(session)
                days += its_days
        date -= dt.timedelta(days=1)
    CourseSession.objects.bulk_create(sessions, batch_size=2_000)
    SessionDay.objects.bulk_create(days, batch_size=5_000)
    return sessions


def _sales_on(
    sessions: list[CourseSession], at_most: int, now: dt.datetime, draw: random.Random
) -> list[Sale]:
    sales: list[Sale] = []
    for session in sessions:
        left = getattr(session, "places_left", session.capacity)
        if session.starts_at > now:
            left = int(left * draw.random() ** 0.5)
        while left > 0 and len(sales) < at_most:
            places = min(draw.choice(PLACES), left)
            sale = _sale(session, places, now, draw)
            sales.append(sale)
            if sale.ending == "paid":
                left -= places
            elif draw.random() < 0.2:
                break
    return sales


def _sale(session: CourseSession, places: int, now: dt.datetime, draw: random.Random) -> Sale:
    # In UTC: two London times compare as their clocks read, which is wrong in the night when they change.
    begins = session.starts_at.astimezone(dt.UTC)
    latest = min(begins - dt.timedelta(days=2), now - dt.timedelta(hours=3))
    held_at = latest - dt.timedelta(minutes=draw.randrange(60 * 24 * 50))
    paid_at = held_at + dt.timedelta(seconds=draw.randrange(60, 840))
    ending = _ending(draw)
    refunded_at = None
    if ending == "refunded":
        soon = (latest - paid_at) * draw.random() + dt.timedelta(hours=1)
        refunded_at = min(paid_at + soon, now - dt.timedelta(minutes=5))
    course = session.course
    line = pricing.line(
        description=course.title,
        quantity=places,
        unit_gross=course.price,
        vat_rate_bp=course.vat_rate_bp,
    )
    return Sale(
        booking_id="",
        reference="",
        course=course.slug,
        session=session,
        places=places,
        line=line,
        person=sample_people.person(draw),
        ending=ending,
        held_at=held_at,
        paid_at=paid_at,
        refunded_at=refunded_at,
    )


def _ending(draw: random.Random) -> str:
    chance = draw.random()
    for ending, share in (("expired", EXPIRED), ("blocked", BLOCKED), ("refunded", REFUNDED)):
        if chance < share:
            return ending
        chance -= share
    return "paid"
