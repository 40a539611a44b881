"""What visitors are shown, out of the cache. Only for looking: what is held, charged or refused is read from rows.

The selectors' questions under the selectors' names; a committed change of the rows forgets the answers.
"""

import datetime as dt
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.templatetags.static import static

from core.cache import codec, families
from core.cache.entries import now as cache_now
from core.cache.families import Family
from core.cache.http import Kept
from courses import selectors
from courses.models import CancellationPolicy, Course
from courses.models.states import TAKES_PLACES
from courses.selectors import (
    Brief,
    CatalogueFilters,
    CourseNotFound,
    Listed,
    SessionNotFound,
    Spot,
)

WORDS = ("courses.course", "courses.cancellationpolicy", "courses.venue")
DATES = ("courses.coursesession", "courses.sessionday")
# When a hold will end changes nothing yet; that it ended is seen by the lives of the families.
PLACES_TAKEN = ("courses.booking:status,places", "courses.move:status")
STALE_PLACES_SECONDS = 3.0
# A statement may take 5 s, and a first page on a busy machine too: better late than refused.
HARD_SECONDS = 10.0
STYLES = ("css/base.css", "css/components.css", "css/pages/catalogue.css", "js/region.js")

COURSES = families.register(
    Family(
        "courses",
        title="Courses and venues",
        purpose="Titles, words, prices and towns, as course pages and the finder show them.",
        cost="The next visit to each page reads them again: a few milliseconds each.",
        seconds=settings.CACHE_COURSES_SECONDS,
        stale_seconds=settings.CACHE_COURSES_SECONDS,
        hard_seconds=HARD_SECONDS,
        absent=(CourseNotFound,),
        reads=(*WORDS, *DATES),
    )
)


def _keeps_its_places(values: Any) -> bool:
    """A booking's step (see `models/steps.py`) between states that take places, as many as before on the same date."""
    if not isinstance(values, dict) or "came_from" not in values:
        return False
    if "new_session_id" in values or "new_places" in values:
        return False
    return values["came_from"] in TAKES_PLACES and values["went_to"] in TAKES_PLACES


def _of_places(name: str, **words: Any) -> Family:
    return families.register(
        Family(
            name,
            seconds=settings.CACHE_PLACES_SECONDS,
            stale_seconds=STALE_PLACES_SECONDS,
            hard_seconds=HARD_SECONDS,
            local_seconds=settings.CACHE_PLACES_SECONDS,
            absent=(SessionNotFound,),
            reads=(*WORDS, *DATES, *PLACES_TAKEN),
            unchanged_by=_keeps_its_places,
            shows_places=True,
            **words,
        )
    )


PLACES = _of_places(
    "places",
    title="Dates and free places",
    purpose="The dates on course pages, with the places that are left.",
    cost="The next visit to each course page counts again: about 2 milliseconds.",
)
PAGES = _of_places(
    "pages",
    title="Catalogue pages",
    purpose="The catalogue as it is sent, one for each wish.",
    cost="The next 20 visits will be slower, each by about 15 milliseconds.",
)
ANSWERS = _of_places(
    "answers",
    title="API answers",
    purpose="Dates and free places as other programs read them.",
    cost="The next call for each list counts again: about 5 milliseconds.",
)


def course(*, slug: str) -> Course:
    """A course's words; a new object each time. Raises CourseNotFound."""
    return COURSES.get(("course", slug), lambda: selectors.course(slug=slug))


def courses_in_brief(*, now: dt.datetime) -> tuple[Brief, ...]:
    return COURSES.get(("brief",), lambda: tuple(selectors.courses_in_brief(now=now)))


def venues() -> tuple[Spot, ...]:
    return COURSES.get(("venues",), lambda: tuple(selectors.venues()))


def towns_of(*, course: Course, now: dt.datetime) -> tuple[str, ...]:
    return COURSES.get(
        ("towns", course.slug), lambda: tuple(selectors.towns_of(course=course, now=now))
    )


def listed(*, filters: CatalogueFilters, now: dt.datetime, limit: int) -> tuple[Listed, ...]:
    return PLACES.get(
        (filters, limit), lambda: tuple(selectors.listed(filters=filters, now=now, limit=limit))
    )


def page(wish: tuple[Any, ...], render: Callable[[], str]) -> Kept:
    """A page that is the same for everybody who has this wish."""
    return PAGES.get((_look(), *wish), lambda: _kept(render))


def answer(family: Family, address: str, render: Callable[[], str]) -> Kept:
    """What the API answers at this address."""
    return family.get(("answer", address), lambda: _kept(render))


def _kept(render: Callable[[], str]) -> Kept:
    read_at = cache_now()
    return Kept.of(render(), read_at=read_at)


@cache
def _look() -> str:
    """Changes with the files that a page links: one release's pages are not shown by the next."""
    return Kept.of("".join(static(name) for name in STYLES), read_at=0).etag[1:9]


def _fields(row: Course | CancellationPolicy) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def _packed(course: Course) -> dict[str, Any]:
    return {"course": _fields(course), "policy": _fields(course.cancellation_policy)}


def _unpacked(packed: dict[str, Any]) -> Course:
    found = Course.from_db(None, list(packed["course"]), list(packed["course"].values()))
    found.cancellation_policy = CancellationPolicy.from_db(
        None, list(packed["policy"]), list(packed["policy"].values())
    )
    return found


codec.register(Course, name="courses.Course", pack=_packed, unpack=_unpacked)
for _record in (Listed, Brief, Spot):
    codec.register_record(_record, name=f"courses.{_record.__name__}")
