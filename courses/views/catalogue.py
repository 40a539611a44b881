"""The catalogue: to a bookable date in one screen. Every state of the finder is an address."""

import datetime as dt
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from core import clock, formats, switches
from core.cache import http
from core.cache.http import Kept
from core.pages import HtmxRequest
from core.performance import measures
from courses import selectors, shown
from courses.forms.finder import Finder
from courses.selectors import Brief, CatalogueFilters, Facets
from courses.views import rows
from courses.views.rows import Row

GUIDES = {
    "emergency-first-aid-at-work": (
        "store",
        "Office, shop or other lower-risk workplace",
        "Emergency First Aid at Work covers what to do in the first minutes: CPR, choking, bleeding, seizures, shock.",
    ),
    "first-aid-at-work": (
        "hard-hat",
        "Workshop, site, kitchen or a larger team",
        "First Aid at Work adds injuries and illnesses you are more likely to meet: fractures, burns, chest pain, eye injuries.",
    ),
    "paediatric-first-aid": (
        "baby",
        "Nursery, school or childminding",
        "Paediatric First Aid is the 12-hour course that early years settings need under the EYFS framework.",
    ),
}


@dataclass(frozen=True)
class Page:
    """One page of dates, and what it takes to see the others."""

    rows: list[Row]
    facets: Facets
    number: int
    remaining: int


@require_safe
def catalogue(request: HtmxRequest) -> HttpResponseBase:
    """The same for everybody with the same wish, so it is kept as it is sent, and a CDN may keep it too."""
    now = clock.now()
    finder = Finder.read(request.GET, venues=shown.venues, today=formats.local_date(now))
    partial = bool(request.htmx and not request.htmx.history_restore_request)
    return http.answer(
        request,
        kept_page(finder, now=now, partial=partial),
        content_type="text/html; charset=utf-8",
        seconds=http.PLACES_SECONDS_MAX,
        keys=("catalogue", "places"),
        # A cache must not hand the fragment to someone who asks for the page.
        vary=("HX-Request", "HX-History-Restore-Request"),
        in_browsers=False,
    )


def kept_page(finder: Finder, *, now: dt.datetime, partial: bool) -> Kept:
    """Rendered without a request: nothing of one visitor can be in it."""
    name = "courses/catalogue.html#found" if partial else "courses/catalogue.html"
    wish = (finder.today, partial, finder.page, _stopped_until(now), urlencode(finder.as_query()))
    return shown.page(wish, lambda: render_to_string(name, _context(finder, now)))


def _stopped_until(now: dt.datetime) -> str:
    """Other words stand at the top while selling is stopped, and until when."""
    order = switches.order_of(switches.Name.SELLING, now=now)
    return str(order.until) if order else ""


def _context(finder: Finder, now: dt.datetime) -> dict:
    page = _page(finder, finder.filters(), now)
    if not page.facets.total:
        # While the page is kept its readers are not counted: it tells where dates are missed, not by how many.
        measures.count("search_empty", finder.place.name if finder.place else "")
    courses = shown.courses_in_brief(now=now)
    return {
        "section": "courses",
        "address": settings.SITE_URL + reverse("courses:catalogue"),
        "finder": finder,
        "page": page,
        "cards": [rows.card(row) for row in page.rows],
        "courses": [_course_choice(each, finder, page.facets) for each in courses],
        "months": finder.months(),
        "heading": _heading(page.facets.total, finder),
        "soonest": next((row for row in page.rows if not row.is_full), None),
        "chips": _chips(finder),
        "nearest": None if page.rows else _nearest(finder, now),
        "guides": [_guide(each) for each in courses if each.slug in GUIDES],
        "more_address": _address(finder, page=page.number + 1),
        "previous_address": _address(finder, page=page.number - 1),
    }


def _page(finder: Finder, filters: CatalogueFilters, now: dt.datetime) -> Page:
    facets = selectors.facets(filters=filters, now=now)
    size = settings.CATALOGUE_PAGE_SIZE
    number = min(finder.page, max(1, -(-facets.total // size)))
    first = (number - 1) * size
    dates = selectors.listed(filters=filters, now=now, first=first, limit=size)
    shown = [rows.listed_row(date, finder.place) for date in dates]
    return Page(shown, facets, number, max(0, facets.total - first - size))


def _heading(total: int, finder: Finder) -> str:
    dates = formats.counted(total, "date")
    if not finder.place:
        return f"{dates} in Yorkshire"
    if finder.distance is None:
        return f"{dates} in Yorkshire, measured from {finder.place.name}"
    return f"{dates} within {finder.distance} miles of {finder.place.name}"


def _course_choice(course: Brief, finder: Finder, facets: Facets) -> dict:
    return {
        "slug": course.slug,
        "title": course.title,
        "count": facets.by_course.get(course.slug, 0),
        "chosen": course.slug == finder.course,
    }


def _guide(course: Brief) -> dict:
    """Which course do I need? One usual answer."""
    glyph, workplace, answer = GUIDES[course.slug]
    return {
        "glyph": glyph,
        "workplace": workplace,
        "answer": answer,
        "title": course.title,
        "days": course.days,
        "price": course.price,
        "address": reverse("courses:course", args=[course.slug]),
    }


def _chips(finder: Finder) -> list[dict]:
    """The quickest changes, each a link to the state that it makes."""
    chips = []
    if finder.place:
        reach = f"{finder.distance} miles" if finder.distance else "all of Yorkshire"
        chips.append(_chip(f"{finder.place.name}, {reach}", finder, on=True, near=""))
    soon, weekend = finder.when == "7", finder.days == "weekends"
    chips.append(_chip("Next 7 days", finder, on=soon, when="" if soon else "7"))
    chips.append(_chip("Weekends", finder, on=weekend, days="" if weekend else "weekends"))
    return chips


def _chip(words: str, finder: Finder, *, on: bool, **changes: str) -> dict:
    return {"words": words, "on": on, "address": _address(finder, page=1, **changes)}


def _nearest(finder: Finder, now: dt.datetime) -> dict | None:
    """The next date that the same wish would find anywhere, for whom nothing matched."""
    anywhere = replace(finder, near="", place=None, distance=None)
    filters = CatalogueFilters(course=finder.course, available=True)
    dates = selectors.listed(filters=filters, now=now, limit=settings.CATALOGUE_PAGE_SIZE)
    if not dates:
        return None
    row = rows.listed_row(min(dates, key=lambda each: rows.miles(each, finder.place)), finder.place)
    address = _address(anywhere, page=1, days="", when="", full="")
    return {"row": row, "address": address}


def _address(finder: Finder, *, page: int, **changes: str) -> str:
    query = {**finder.as_query(), **changes, "page": page if page > 1 else ""}
    kept = {name: value for name, value in query.items() if value}
    return f"?{urlencode(kept)}" if kept else "."
