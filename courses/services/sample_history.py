"""Bookings of the past and of the weeks to come, in bulk: for screens and benchmarks, never for a real shop.

Sessions are made first, then bookings in the order of their moments, in parts. What money leaves behind is
filled in by the apps above, from the sales that each part hands them.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass

from core.crypto.index import blind_index
from core.database import bulk
from core.ids import reference, secret_token
from courses import pricing
from courses.models import (
    Attendee,
    Booking,
    BookingTransition,
    Course,
    CourseSession,
    Customer,
    SessionDay,
    SessionState,
    Venue,
)
from courses.models.booking import EMAIL_INDEX, browser_digest
from courses.services import sample_catalogue, sample_people
from courses.services.sample_people import Person

PART = 10_000
PLACES = (1, 1, 1, 1, 2, 2, 3, 4)
PLACES_OF_A_BOOKING = 2
SHARE_TO_COME = 0.12
WORKING_DAYS_BACK = 500
EXPIRED, BLOCKED, REFUNDED = 0.03, 0.005, 0.04


@dataclass(slots=True)
class Sale:
    """One booking as the apps above need it. ``ending``: paid, refunded, blocked or expired."""

    booking_id: str
    reference: str
    course: str
    session: CourseSession
    places: int
    line: pricing.Line
    person: Person
    ending: str
    held_at: dt.datetime
    paid_at: dt.datetime
    refunded_at: dt.datetime | None


def fill(*, bookings: int, now: dt.datetime, seed: int = 1) -> Iterator[list[Sale]]:
    """Writes that many bookings with their people and history, oldest first, and yields each part's sales.

    The caller owns the transaction. The same seed draws the same history.
    """
    draw = random.Random(seed)  # noqa: S311  (dice for sample data, no secret)
    sales = _drawn(bookings, now, draw)
    sales.sort(key=lambda sale: sale.held_at)
    for start in range(0, len(sales), PART):
        part = sales[start : start + PART]
        _write(part, draw)
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


def _write(sales: list[Sale], draw: random.Random) -> None:
    policies = {
        course.pk: bulk.plain(course.cancellation_policy.snapshot())
        for course in Course.objects.select_related("cancellation_policy")
    }
    keys = bulk.ids()
    customers = [next(keys) for _ in sales]
    bulk.copy(Customer, CUSTOMER, _customer_rows(sales, customers))
    bulk.copy(
        Booking,
        BOOKING,
        (
            _booking_row(sale, customer, policies[sale.session.course_id])
            for sale, customer in zip(sales, customers, strict=True)
        ),
    )
    bulk.copy(Attendee, ATTENDEE, _attendee_rows(sales, keys, draw))
    bulk.copy(
        BookingTransition, HISTORY, (row for sale in sales for row in _history_rows(sale, keys))
    )


CUSTOMER = (
    "id", "name", "email", "email_index", "phone", "company", "address", "postcode", "created_at",
)  # fmt: skip
BOOKING = (
    "id", "reference", "token", "session", "customer", "status", "places", "lines", "total_minor",
    "currency", "policy", "hold_expires_at", "extensions", "renewals", "browser",
    "early_start_consent", "purchase_order", "created_at", "details_at", "confirmed_at",
)  # fmt: skip
ATTENDEE = ("id", "booking", "position", "name", "email", "access_needs", "state")
HISTORY = (
    "id", "booking", "action", "came_from", "went_to", "cause", "actor", "trace_id", "at",
)  # fmt: skip
STATUS = {"paid": "confirmed", "refunded": "cancelled", "blocked": "cancelled"}
HOLD = dt.timedelta(minutes=15)


def _customer_rows(sales: list[Sale], keys: list[str]) -> Iterator[tuple]:
    name, email, phone, company, address, postcode = (
        bulk.sealer(Customer, field)
        for field in ("name", "email", "phone", "company", "address", "postcode")
    )
    for sale, pk in zip(sales, keys, strict=True):
        person = sale.person
        yield (
            pk,
            name(pk, person.name),
            email(pk, person.email),
            blind_index(person.email, EMAIL_INDEX),
            phone(pk, person.phone),
            company(pk, person.company),
            address(pk, person.address),
            postcode(pk, person.postcode),
            sale.held_at,
        )


def _booking_row(sale: Sale, customer: str, policy: str) -> tuple:
    return (
        sale.booking_id,
        sale.reference,
        secret_token(),
        sale.session.pk,
        customer,
        STATUS.get(sale.ending, "expired"),
        sale.places,
        bulk.plain([sale.line]),
        sale.line["gross_minor"],
        "GBP",
        policy,
        sale.held_at + HOLD,
        0,
        0,
        browser_digest(sale.reference),
        False,
        sale.person.purchase_order,
        sale.held_at,
        sale.held_at + dt.timedelta(seconds=50),
        sale.paid_at if sale.ending in ("paid", "refunded") else None,
    )


def _attendee_rows(sales: list[Sale], keys: Iterator[str], draw: random.Random) -> Iterator[tuple]:
    seal_name, seal_email = bulk.sealer(Attendee, "name"), bulk.sealer(Attendee, "email")
    seal_needs = bulk.sealer(Attendee, "access_needs")
    for sale in sales:
        state = "cancelled" if sale.ending == "refunded" else "active"
        for position in range(1, sale.places + 1):
            pk = next(keys)
            name, email = sample_people.attendee(draw)
            yield (
                pk,
                sale.booking_id,
                position,
                seal_name(pk, name),
                seal_email(pk, email),
                seal_needs(pk, ""),
                state,
            )


def _history_rows(sale: Sale, keys: Iterator[str]) -> Iterator[tuple]:
    before = ""
    for action, after, actor, at in _steps(sale):
        yield (next(keys), sale.booking_id, action, before, after, "", actor, "", at)
        before = after


def _steps(sale: Sale) -> Iterator[tuple[str, str, str, dt.datetime]]:
    yield "hold", "held", "customer", sale.held_at
    if sale.ending == "expired":
        yield "expire", "expired", "system", sale.held_at + HOLD
        return
    yield "begin_payment", "paying", "customer", sale.paid_at - dt.timedelta(seconds=5)
    if sale.ending == "blocked":
        yield "release", "cancelled", "system", sale.paid_at
        return
    yield "confirm", "confirmed", "system", sale.paid_at
    if sale.refunded_at:
        yield "cancel", "cancelled", "customer", sale.refunded_at
