"""Sessions as the lists show them: plain words, ready for a template."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from core import formats
from core.formats import DateBlock
from core.money import Money
from courses.forms import places
from courses.forms.places import Place
from courses.models import CourseSession

SATURDAY = 5


@dataclass(frozen=True)
class Row:
    """One date in a list."""

    id: str
    title: str
    date: DateBlock
    weekday: str
    short_day: str
    short_date: str
    spoken_date: str
    times: str
    when: str
    town: str
    where: str
    note: str
    price: Money
    places_left: int
    is_full: bool
    badge: str
    badge_class: str
    course_address: str
    book_address: str


def session_row(session: CourseSession, place: Place | None = None) -> Row:
    first, last = formats.local_date(session.starts_at), formats.local_date(session.ends_at)
    times = formats.time_range(session.starts_at, session.ends_at)
    course, venue = session.course, session.venue
    badge, badge_class = _badge(session)
    return Row(
        id=str(session.pk),
        title=course.title,
        date=formats.date_block(first, last),
        weekday=f"{first:%A}",
        short_day=f"{first.day} {first:%b}",
        short_date=formats.short_date(first),
        spoken_date=formats.day_date(first),
        times=times,
        when=f"{formats.counted(course.days, 'day')}, {times}",
        town=venue.town,
        where=f"{venue.town}, {venue.district}{_distance(session, place)}",
        note=_note(session),
        price=course.price,
        places_left=left(session),
        is_full=left(session) <= 0,
        badge=badge,
        badge_class=badge_class,
        course_address=_course_address(session),
        book_address=reverse("courses:choose", args=[session.pk]),
    )


def left(session: CourseSession) -> int:
    """As the selectors counted it."""
    return session.places_left


def miles(session: CourseSession, place: Place | None) -> float:
    if place is None:
        return 0.0
    return place.miles_to(float(session.venue.latitude), float(session.venue.longitude))


def places_badge(places_left: int) -> str:
    """True urgency only: the count, and only when few are left."""
    if places_left <= 0:
        return "Full"
    if places_left <= settings.PLACES_LEFT_SHOWN_AT:
        return f"{places_left} left"
    return ""


def _badge(session: CourseSession) -> tuple[str, str]:
    free = left(session)
    if free <= 0:
        return "Full", ""
    if free <= settings.PLACES_LEFT_SHOWN_AT:
        return f"{formats.counted(free, 'place')} left", "badge-warn"
    if formats.local_date(session.starts_at).weekday() >= SATURDAY:
        return "Weekend", "badge-ok"
    return "", ""


def _distance(session: CourseSession, place: Place | None) -> str:
    return f" · {places.miles_in_words(miles(session, place))}" if place else ""


def _note(session: CourseSession) -> str:
    """What sets one date apart from the next in a course's own list."""
    last = formats.local_date(session.ends_at)
    if session.course.days > 1:
        return f"to {formats.short_date(last)}"
    return ""


def _course_address(session: CourseSession) -> str:
    query = urlencode({"town": session.venue.town, "session": session.pk})
    return f"{reverse('courses:course', args=[session.course.slug])}?{query}"
