"""Sessions as the lists show them: plain words, ready for a template."""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from core import formats
from core.formats import DateBlock
from core.money import Money
from courses.forms import places
from courses.forms.places import Place
from courses.models import CourseSession
from courses.models.catalog import district
from courses.selectors import Listed

SATURDAY = 5
KEPT_MAX = 1024


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
    """The row of a session that was read with its places, its course and its venue."""
    return listed_row(_listed(session), place)


def listed_row(date: Listed, place: Place | None = None) -> Row:
    return _row(date, _distance(date, place), settings.PLACES_LEFT_SHOWN_AT)


@lru_cache(maxsize=KEPT_MAX)
def card(row: Row) -> SafeString:
    """The row as the catalogue shows it. Equal rows are the same words, so each is written once."""
    return render_to_string("_partials/session_row.html", {"row": row})


def left(session: CourseSession | Listed) -> int:
    """As the selectors counted it."""
    return session.places_left


def miles(date: Listed, place: Place | None) -> float:
    if place is None:
        return 0.0
    return place.miles_to(float(date.latitude), float(date.longitude))


def places_badge(places_left: int) -> str:
    """True urgency only: the count, and only when few are left."""
    if places_left <= 0:
        return "Full"
    if places_left <= settings.PLACES_LEFT_SHOWN_AT:
        return f"{places_left} left"
    return ""


def _listed(session: CourseSession) -> Listed:
    course, venue = session.course, session.venue
    return Listed(
        *(session.pk, session.starts_at, session.ends_at, left(session)),
        *(course.slug, course.title, course.days, course.price_minor),
        *(venue.town, venue.postcode, venue.latitude, venue.longitude),
    )


@lru_cache(maxsize=KEPT_MAX)
def _row(date: Listed, distance: str, few: int) -> Row:
    """Says what it is given and nothing else, so that what is remembered can never be out of date."""
    first, last = formats.local_date(date.starts_at), formats.local_date(date.ends_at)
    times = formats.time_range(date.starts_at, date.ends_at)
    badge, badge_class = _badge(date, first, few)
    return Row(
        id=str(date.id),
        title=date.title,
        date=formats.date_block(first, last),
        weekday=f"{first:%A}",
        short_day=f"{first.day} {first:%b}",
        short_date=formats.short_date(first),
        spoken_date=formats.day_date(first),
        times=times,
        when=f"{formats.counted(date.days, 'day')}, {times}",
        town=date.town,
        where=f"{date.town}, {district(date.postcode)}{distance}",
        note=f"to {formats.short_date(last)}" if date.days > 1 else "",
        price=Money(date.price_minor),
        places_left=date.places_left,
        is_full=date.places_left <= 0,
        badge=badge,
        badge_class=badge_class,
        course_address=_course_address(date),
        book_address=reverse("courses:choose", args=[date.id]),
    )


def _badge(date: Listed, first: dt.date, few: int) -> tuple[str, str]:
    if date.places_left <= 0:
        return "Full", ""
    if date.places_left <= few:
        return f"{formats.counted(date.places_left, 'place')} left", "badge-warn"
    if first.weekday() >= SATURDAY:
        return "Weekend", "badge-ok"
    return "", ""


def _distance(date: Listed, place: Place | None) -> str:
    return f" · {places.miles_in_words(miles(date, place))}" if place else ""


def _course_address(date: Listed) -> str:
    query = urlencode({"town": date.town, "session": date.id})
    return f"{reverse('courses:course', args=[date.slug])}?{query}"
