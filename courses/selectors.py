"""Page-shaped reads. Nothing here writes, and what it returns asks the database nothing more."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Min, Prefetch, Q, QuerySet

from core.database import kept
from core.errors import NotFound
from core.money import Money
from courses.models import (
    Attendee,
    Booking,
    BookingTransition,
    CancellationPolicy,
    Course,
    CourseSession,
    Move,
    MoveStatus,
    Venue,
)
from courses.models.querysets import BookingQuerySet, SessionQuerySet
from courses.models.states import TAKES_PLACES, SessionState

SATURDAY = 6
LONG_WORDS = tuple(
    f"course__{name}" for name in ("guidance", "outcomes", "programme", "bring", "questions")
)


class BookingNotFound(NotFound):
    code = "booking_not_found"
    detail = "We can’t find that booking. Check the link we emailed."


class SessionNotFound(NotFound):
    code = "session_not_found"
    detail = "We can’t find that date."


class CourseNotFound(NotFound):
    code = "course_not_found"
    detail = "We can’t find that course."


@dataclass(frozen=True)
class CatalogueFilters:
    """What the finder asks for; empty means any. Dates are days at the venue, both included."""

    course: str = ""
    venue: str = ""
    towns: tuple[str, ...] | None = None  # any of these; an empty tuple matches nothing
    from_date: dt.date | None = None
    to_date: dt.date | None = None
    available: bool = False
    days: str = ""  # weekdays or weekends

    def for_any_course_and_day(self) -> CatalogueFilters:
        return replace(self, course="", days="")


@dataclass(frozen=True)
class Facets:
    """How many dates each choice would show, all other filters kept."""

    total: int
    by_course: dict[str, int]
    weekdays: int
    weekends: int


class Listed(NamedTuple):
    """A date as the pages list it: plain values, equal when nothing that is shown has changed."""

    id: UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    places_left: int
    slug: str
    title: str
    days: int
    price_minor: int
    town: str
    postcode: str
    latitude: Decimal
    longitude: Decimal


class Brief(NamedTuple):
    """A course as a list of courses names it."""

    slug: str
    title: str
    days: int
    price_minor: int

    @property
    def price(self) -> Money:
        return Money(self.price_minor)


class Spot(NamedTuple):
    """Where a town is."""

    town: str
    latitude: Decimal
    longitude: Decimal


class _Count(NamedTuple):
    """How many dates of a course fall on which days."""

    slug: str
    weekdays: int
    weekends: int

    def on(self, days: str) -> int:
        return {"weekdays": self.weekdays, "weekends": self.weekends}.get(
            days, self.weekdays + self.weekends
        )


LISTED = (
    *("id", "starts_at", "ends_at", "places_left"),
    *("course__slug", "course__title", "course__days", "course__price_minor"),
    *("venue__town", "venue__postcode", "venue__latitude", "venue__longitude"),
)


def listed(
    *, filters: CatalogueFilters, now: dt.datetime, limit: int, first: int = 0
) -> list[Listed]:
    """Dates on sale, soonest first, as the pages show them: `limit` from the `first` on, in one query."""
    return [Listed._make(row) for row in kept.rows(_listed, filters, first, limit, now=now)]


def catalogue(*, filters: CatalogueFilters, now: dt.datetime) -> SessionQuerySet:
    """Dates on sale, soonest first, each with places_left, day_list, course and venue, in one query.

    Slice it: a page of twenty counts the places of twenty sessions, not of all. A list shows no course's
    long words, so they are left in the database.
    """
    sessions = _shown(_matching(filters, now), now).defer(*LONG_WORDS)
    return sessions.order_by("starts_at", "id")


def facets(*, filters: CatalogueFilters, now: dt.datetime) -> Facets:
    """The counts beside the filters, in one query."""
    rows = [_Count(*row) for row in kept.rows(_counts, filters.for_any_course_and_day(), now=now)]
    chosen = [row for row in rows if filters.course in ("", row.slug)]
    return Facets(
        total=sum(row.on(filters.days) for row in chosen),
        by_course={row.slug: row.on(filters.days) for row in rows},
        weekdays=sum(row.weekdays for row in chosen),
        weekends=sum(row.weekends for row in chosen),
    )


def courses(*, now: dt.datetime) -> QuerySet[Course]:
    """Courses on sale in the shop's order, each with next_at, the moment of its next date or None."""
    upcoming = Q(sessions__state="scheduled", sessions__starts_at__gt=now)
    return (
        Course.objects.filter(is_on_sale=True)
        .annotate(next_at=Min("sessions__starts_at", filter=upcoming))
        .order_by("position", "title")
    )


def courses_in_brief(*, now: dt.datetime) -> list[Brief]:
    """Courses on sale in the shop's order: names and prices, no dates and no long words."""
    return [Brief._make(row) for row in kept.rows(_in_brief, now=now)]


def cancellation_policies() -> list[CancellationPolicy]:
    """Those of the courses on sale."""
    return list(
        CancellationPolicy.objects.filter(courses__is_on_sale=True).distinct().order_by("name")
    )


def course(*, slug: str) -> Course:
    """One course on sale, with its policy; raises CourseNotFound."""
    found = (
        Course.objects.select_related("cancellation_policy")
        .filter(slug=slug, is_on_sale=True)
        .first()
    )
    if found is None:
        raise CourseNotFound
    return found


def session(*, session_id: UUID | str, now: dt.datetime) -> CourseSession:
    """One date, whatever its state, with places_left and day_list; raises SessionNotFound."""
    found = _shown(CourseSession.objects.filter(pk=session_id), now).first()
    if found is None:
        raise SessionNotFound
    return found


def other_dates(
    *, of: CourseSession, places: int, now: dt.datetime, limit: int = 3
) -> list[CourseSession]:
    """The dates of the same course nearest to this one that have so many places left, soonest first."""
    same_course = CatalogueFilters(course=of.course.slug)
    free = catalogue(filters=same_course, now=now).filter(places_left__gte=places).exclude(pk=of.pk)
    after = list(free.filter(starts_at__gte=of.starts_at)[:limit])
    before = list(free.filter(starts_at__lt=of.starts_at).order_by("-starts_at", "id")[:limit])
    nearest = sorted(after + before, key=lambda each: abs(each.starts_at - of.starts_at))[:limit]
    return sorted(nearest, key=lambda each: each.starts_at)


def venues() -> list[Spot]:
    """Where we train: town and point of each."""
    return [Spot._make(row) for row in Venue.objects.order_by("town").values_list(*Spot._fields)]


def towns_of(*, course: Course, now: dt.datetime) -> list[str]:
    """Where this course has dates on sale, by name."""
    return [town for (town,) in kept.rows(_towns_of, course.slug, now=now)]


def towns() -> list[str]:
    """Where we train, by name."""
    return list(Venue.objects.order_by("town").values_list("town", flat=True).distinct())


def booking_by_token(token: str) -> Booking:
    """The booking behind a secret link, with what its pages show; raises BookingNotFound.

    The days of its session are few pages' matter: who shows them reads them.
    """
    return _booking(Booking.objects.with_token(token))


def whose(token: str) -> Booking:
    """The same, with nothing but the browser that booked it: for a door that only asks who may come in."""
    found = Booking.objects.with_token(token).only("browser").first()
    if found is None:
        raise BookingNotFound
    return found


def token_of(booking_id: UUID | str) -> str:
    """What a booking's secret link ends in; raises BookingNotFound."""
    token = Booking.objects.filter(pk=booking_id).values_list("token", flat=True).first()
    if token is None:
        raise BookingNotFound
    return token


def booking(booking_id: UUID | str) -> Booking:
    """The same by its key."""
    return _booking(Booking.objects.filter(pk=booking_id))


def history(*, booking_id: UUID | str) -> QuerySet[BookingTransition]:
    """How a booking came to its state, oldest first."""
    return BookingTransition.objects.filter(booking_id=booking_id).order_by("at", "id")


def bookings_taking_places(session_id: UUID) -> list[Booking]:
    """Of a date, whoever has a place on it, by whatever right."""
    taking = Booking.objects.filter(session_id=session_id, status__in=TAKES_PLACES)
    return list(taking.order_by("pk"))


def is_called_off(booking_id: UUID | str) -> bool:
    """Whether we have cancelled the date that this booking is for."""
    cancelled = Booking.objects.filter(pk=booking_id, session__state=SessionState.CANCELLED)
    return cancelled.exists()


def place_costs(booking: Booking) -> dict[str, Money]:
    """What each attendee's place cost, by the attendee's key: its share of the price, and of each move's difference."""
    people = sorted(booking.attendees.all(), key=lambda each: each.position)
    costs = booking.total.split(len(people)) if people else []
    paid = {str(each.pk): cost for each, cost in zip(people, costs, strict=True)}
    if booking.moved:
        for shares in _shares_of_moves(booking):
            for key, share in shares.items():
                paid[key] += Money(share, booking.currency)
    return paid


def dates_to_move_to(*, booking: Booking, now: dt.datetime, limit: int) -> list[CourseSession]:
    """The dates of its course that have places enough, soonest first."""
    same_course = CatalogueFilters(course=booking.session.course.slug)
    free = catalogue(filters=same_course, now=now).filter(places_left__gte=booking.places)
    return list(free.exclude(pk=booking.session_id)[:limit])


def _shares_of_moves(booking: Booking) -> QuerySet:
    done = Move.objects.filter(booking=booking, status=MoveStatus.DONE)
    return done.exclude(difference_minor=0).values_list("shares", flat=True)


def _matching(filters: CatalogueFilters, now: dt.datetime) -> SessionQuerySet:
    sessions = CourseSession.objects.on_sale(now)
    if filters.course:
        sessions = sessions.filter(course__slug=filters.course)
    if filters.venue:
        sessions = sessions.filter(venue__slug=filters.venue)
    if filters.towns is not None:
        sessions = sessions.filter(venue__town__in=filters.towns)
    if filters.from_date:
        sessions = sessions.filter(starts_at__gte=_midnight(filters.from_date))
    if filters.to_date and filters.to_date < dt.date.max:  # there is no day after the last one
        sessions = sessions.filter(starts_at__lt=_midnight(filters.to_date + dt.timedelta(days=1)))
    if filters.days == "weekdays":
        sessions = sessions.filter(starts_at__iso_week_day__lt=SATURDAY)
    if filters.days == "weekends":
        sessions = sessions.filter(starts_at__iso_week_day__gte=SATURDAY)
    if filters.available:
        sessions = sessions.with_places_left(now).filter(places_left__gt=0)
    return sessions


# --- Questions that every visitor asks: `core.database.kept` remembers their SQL -------------------


def _listed(filters: CatalogueFilters, first: int, limit: int, *, now: dt.datetime) -> QuerySet:
    sessions = _matching(filters, now).with_places_left(now).order_by("starts_at", "id")
    return sessions.values_list(*LISTED)[first : first + limit]


def _counts(filters: CatalogueFilters, *, now: dt.datetime) -> QuerySet:
    dates = _matching(filters, now).order_by().values_list("course__slug")
    return dates.annotate(
        weekdays=Count("id", filter=Q(starts_at__iso_week_day__lt=SATURDAY)),
        weekends=Count("id", filter=Q(starts_at__iso_week_day__gte=SATURDAY)),
    )


def _in_brief(*, now: dt.datetime) -> QuerySet:
    on_sale = Course.objects.filter(is_on_sale=True).order_by("position", "title")
    return on_sale.values_list(*Brief._fields)


def _towns_of(slug: str, *, now: dt.datetime) -> QuerySet:
    dates = _matching(CatalogueFilters(course=slug), now).order_by("venue__town")
    return dates.values_list("venue__town").distinct()


def _shown(sessions: SessionQuerySet, now: dt.datetime) -> SessionQuerySet:
    return (
        sessions.select_related("course__cancellation_policy", "venue").with_places(now).with_days()
    )


def _midnight(date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date, dt.time.min, ZoneInfo(settings.VENUE_TIME_ZONE))


def _booking(bookings: BookingQuerySet) -> Booking:
    found = (
        bookings.select_related("session__course", "session__venue", "customer")
        .prefetch_related(Prefetch("attendees", queryset=Attendee.objects.order_by("position")))
        .first()
    )
    if found is None:
        raise BookingNotFound
    return found
