"""A course and its booking panel: is this the right one, on which date, for how many?"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core import clock, formats
from core.cache.http import keep_private
from core.errors import Conflict, Invalid, TooMany
from core.idempotency.forms import idempotent_form
from courses import browser, policy, selectors, shown
from courses.forms.choice import Choice
from courses.models import Course, Venue
from courses.selectors import CatalogueFilters, Listed
from courses.services import bookings
from courses.services.refusals import SellingStopped
from courses.views import rows, structured

SHOWN_AT_FIRST = 6
ALL_SHOWN = 60
FULL_COURSE = "first-aid-at-work"


@dataclass(frozen=True)
class Asked:
    """What the address asks the panel to show."""

    town: str
    session_id: str
    everything: bool
    venue: Venue | None = None


@require_http_methods(["GET", "HEAD", "POST"])
@idempotent_form
def course(request: HttpRequest, slug: str) -> HttpResponse:
    now = clock.now()
    found = _reads(request).course(slug=slug)
    asked = Asked(
        town=request.GET.get("town", "")[:60].replace("\x00", ""),
        session_id=request.GET.get("session", ""),
        everything="all" in request.GET,
    )
    return _answer(request, found, asked, "courses/course.html", now)


@require_http_methods(["GET", "HEAD", "POST"])
@idempotent_form
def choose(request: HttpRequest, session_id: str) -> HttpResponse:
    """The same panel alone, with a date chosen: where "Book" in the catalogue leads."""
    now = clock.now()
    session = selectors.session(session_id=session_id, now=now)
    asked = Asked(session.venue.town, str(session.pk), "all" in request.GET, session.venue)
    return _answer(request, session.course, asked, "courses/choose.html", now)


def _answer(
    request: HttpRequest, course: Course, asked: Asked, template: str, now: dt.datetime
) -> HttpResponse:
    read = _reads(request)
    if request.method != "POST":
        choice = Choice(initial={"session": asked.session_id, "places": 1}, course=course)
        response = render(request, template, _context(course, asked, choice, now, read))
        keep_private(response)  # the form's token is one browser's
        return response
    choice = Choice(request.POST, course=course)
    if choice.is_valid() and _certificate_lasts(choice, now):
        try:
            return _hold(request, choice, now)
        except (Conflict, Invalid, TooMany, SellingStopped) as refusal:
            choice.refuse(refusal)
    asked = replace(asked, session_id=choice.session_id)
    context = _context(course, asked, choice, now, read)
    return render(request, template, context, status=choice.status)


def _certificate_lasts(choice: Choice, now: dt.datetime) -> bool:
    """Whether a requalification still counts on the chosen day."""
    runs_out = choice.cleaned_data.get("certificate_until")
    if runs_out is None:
        return True
    session = selectors.session(session_id=choice.cleaned_data["session"], now=now)
    grace = dt.timedelta(days=settings.CERTIFICATE_GRACE_DAYS)
    if formats.local_date(session.starts_at) <= runs_out + grace:
        return True
    choice.refuse_certificate()
    return False


def _hold(request: HttpRequest, choice: Choice, now: dt.datetime) -> HttpResponse:
    visitor = browser.browser_of(request)
    booking = bookings.hold(
        session_id=choice.cleaned_data["session"],
        places=choice.cleaned_data["places"],
        browser=visitor,
        now=now,
    )
    response = HttpResponseRedirect(reverse("courses:details", args=[booking.token]))
    browser.remember(response, visitor)
    return response


def _reads(request: HttpRequest) -> Any:
    """Who looks is shown what is cached; who sends a form is answered from the rows."""
    return selectors if request.method == "POST" else shown


def _context(
    course: Course, asked: Asked, choice: Choice, now: dt.datetime, read: Any
) -> dict[str, Any]:
    towns = read.towns_of(course=course, now=now)
    town = asked.town if asked.town in towns else ""
    filters = CatalogueFilters(course=course.slug, towns=(town,) if town else None)
    sessions = read.listed(filters=filters, now=now, limit=ALL_SHOWN)
    shown = sessions if asked.everything else _first(sessions, asked.session_id)
    slots = [_slot(session, course, asked.session_id, now) for session in shown]
    return {
        "section": "courses",
        "course": course,
        "choice": choice,
        "problems": choice.problems(),
        "slots": slots,
        "hidden_slots": len(sessions) - len(shown),
        "towns": _towns(course, towns, town),
        "town": town,
        "venue": asked.venue,
        "everything_address": f"?{urlencode({'town': town, 'all': 1})}#book",
        "chosen": next((slot for slot in slots if slot["chosen"]), None),
        "next": next((slot["row"] for slot in slots if not slot["row"].is_full), None),
        "policy_note": _policy_note(course),
        "hold_minutes": settings.HOLD_SECONDS // 60,
        "instead": _instead(choice, sessions),
        "validity": formats.length_of_time(course.validity_months),
        "programme": _programme(course),
        "full_course_address": reverse("courses:course", args=[FULL_COURSE]),
        "structured": structured.course_data(course, shown),
        "address": settings.SITE_URL + reverse("courses:course", args=[course.slug]),
    }


def _first(sessions: Sequence[Listed], chosen_id: str) -> list[Listed]:
    """The soonest few, and the chosen one wherever it stands."""
    few = list(sessions[:SHOWN_AT_FIRST])
    return few + [each for each in sessions[SHOWN_AT_FIRST:] if str(each.id) == chosen_id]


def _slot(session: Listed, course: Course, chosen_id: str, now: dt.datetime) -> dict:
    row = rows.listed_row(session)
    return {
        "row": row,
        "chosen": row.id == chosen_id and not row.is_full,
        "badge": rows.places_badge(row.places_left),
        "cancellation": policy.cancellation_note(
            course.cancellation_policy.snapshot(), session.starts_at, now
        ),
    }


def _towns(course: Course, towns: Sequence[str], chosen: str) -> list[dict]:
    """Links to the course with the dates of one place, the first to those of all."""
    page = reverse("courses:course", args=[course.slug])
    everywhere = {"name": "All places", "address": f"{page}#book", "on": not chosen}
    return [everywhere] + [
        {"name": town, "address": f"{page}?{urlencode({'town': town})}#book", "on": town == chosen}
        for town in towns
    ]


def _programme(course: Course) -> list[dict]:
    """The day by the hour; a course of several days says which day it is."""
    return [{**item, "title": _titled(course, item)} for item in course.programme]


def _titled(course: Course, item: dict) -> str:
    title = item["title"]
    if course.days == 1 or not item.get("day") or title.startswith("Day "):
        return title
    return f"Day {item['day']}: {title}"


def _policy_note(course: Course) -> str:
    """The best tier in words, for when no date is chosen yet."""
    tiers = course.cancellation_policy.tiers
    if not tiers or tiers[0]["refund_bp"] < policy.WHOLE_BP:
        return "You see what you would get back before you pay."
    days = formats.counted(tiers[0]["days_before"], "day")
    return f"Cancel {days} or more before the course for a full refund."


def _instead(choice: Choice, sessions: Sequence[Listed]) -> rows.Row | None:
    """The first other date with room, for whoever came too late."""
    if not choice.is_sold_out:
        return None
    wanted = choice.cleaned_data["places"]
    free = (each for each in sessions if rows.left(each) >= wanted)
    return next((rows.listed_row(each) for each in free if str(each.id) != choice.session_id), None)
