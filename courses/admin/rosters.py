"""A date's roster: on screen, on paper, as a spreadsheet, and in the training room on a phone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView, View
from unfold.views import UnfoldModelAdminViewMixin

from core import clock, formats, spreadsheets
from core.backoffice import people
from core.errors import NotFound, Refusal
from core.spreadsheets import safe_cell
from courses import selectors_rosters
from courses.models import DayMark, Result
from courses.selectors_rosters import Day, Person, Roster
from courses.services import attendance

MARKS = (DayMark.PRESENT, DayMark.LEFT_EARLY, DayMark.ABSENT)
RESULTS = (Result.PASSED, Result.NOT_YET)
HEADINGS = ("Name", "Company", "Booked by", "Booking", "Place")


@dataclass(frozen=True)
class Taps:
    """One question about one person and its big buttons; `seen` is what the page showed when they were made."""

    id: str
    address: str
    question: str
    field: str
    seen: str
    nothing: str
    choices: list[tuple[str, str]]
    day: str = ""
    said: str = ""
    problem: str = ""
    not_yet: str = ""


def urls(model_admin: Any) -> list[URLPattern]:
    """Below a session's own address."""

    def page(route: str, view: type[View], name: str) -> URLPattern:
        shown = model_admin.admin_site.admin_view(view.as_view(model_admin=model_admin))
        return path(f"<uuid:session_id>/{route}", shown, name=f"courses_coursesession_{name}")

    return [
        page("roster/", PrintedRoster, "roster"),
        page("roster.csv", RosterFile, "roster_csv"),
        page("attendance/", AttendanceSheet, "attendance"),
        page("attendance/<uuid:attendee_id>/", Tap, "tap"),
        page("needs/<uuid:attendee_id>/", Needs, "needs"),
    ]


class OfOneSession(UnfoldModelAdminViewMixin):
    """Pages of one date; 404 for one that is not there."""

    permission_required: Any = "courses.view_coursesession"
    title = "Roster"
    kwargs: dict[str, Any]

    @cached_property
    def roster(self) -> Roster:
        try:
            return selectors_rosters.roster(session_id=self.kwargs["session_id"], now=clock.now())
        except NotFound as refusal:
            raise Http404 from refusal


class PrintedRoster(OfOneSession, TemplateView):
    """Paper for the training room: who comes, and room to sign. No prices, no addresses, nobody's needs."""

    template_name = "courses/admin/roster.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "roster": self.roster,
            "printed_at": clock.now(),
            "back": _page_of(self.roster.session.pk),
        }


class RosterFile(OfOneSession, View):
    def get(self, request: HttpRequest, session_id: UUID) -> HttpResponse:
        roster = self.roster
        attendance.note_download(
            session_id=session_id, actor=people.actor(request), now=clock.now()
        )
        days = [f"{day.date.isoformat()}" for day in roster.days]
        content = spreadsheets.written((*HEADINGS, *days, "Result"), map(_cells, roster.people))
        name = f"roster-{formats.local_date(roster.session.starts_at).isoformat()}.csv"
        return HttpResponse(
            content,
            content_type=spreadsheets.MIME,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class AttendanceSheet(OfOneSession, TemplateView):
    title = "Attendance"
    permission_required = "courses.change_coursesession"
    template_name = "courses/admin/attendance.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        roster = self.roster
        return super().get_context_data(**kwargs) | {
            "roster": roster,
            "rows": [(person, all_taps(roster, person)) for person in roster.expected],
            "back": _page_of(roster.session.pk),
        }


class Tap(OfOneSession, View):
    """One button of one person. The answer is its row of buttons again, with what stands there now."""

    http_method_names = ["post"]
    permission_required = "courses.change_coursesession"

    def post(self, request: HttpRequest, session_id: UUID, attendee_id: UUID) -> HttpResponse:
        problem = ""
        try:
            self._save(request, session_id, attendee_id)
        except NotFound as refusal:
            raise Http404 from refusal
        except Refusal as refusal:
            problem = refusal.detail
        if not request.headers.get("HX-Request"):
            return self._back(request, attendee_id, problem)
        person = next((each for each in self.roster.people if each.id == attendee_id), None)
        if person is None:
            raise Http404
        asked = request.POST.get("day", "")
        taps = next(
            (each for each in all_taps(self.roster, person, problem) if each.day == asked), None
        )
        if taps is None:
            raise Http404
        return render(request, "courses/admin/_taps.html", {"taps": taps, "person": person})

    def _save(self, request: HttpRequest, session_id: UUID, attendee_id: UUID) -> None:
        given = {name: request.POST.get(name, "") for name in ("day", "mark", "result", "seen")}
        whom: dict[str, Any] = {
            "session_id": session_id,
            "attendee_id": attendee_id,
            "seen": given["seen"],
            "actor": people.actor(request),
            "now": clock.now(),
        }
        if not given["day"]:
            attendance.give_result(**whom, result=given["result"])
            return
        try:
            day_id = UUID(given["day"])
        except ValueError:
            raise NotFound from None
        attendance.mark(**whom, day_id=day_id, mark=given["mark"])

    def _back(self, request: HttpRequest, attendee_id: UUID, problem: str) -> HttpResponse:
        if problem:
            messages.error(request, problem)
        sheet = reverse("admin:courses_coursesession_attendance", args=[self.kwargs["session_id"]])
        return redirect(f"{sheet}#p-{attendee_id}")


class Needs(OfOneSession, View):
    """What somebody needs, for who has to see to it. Reading it is written into the audit trail."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, session_id: UUID, attendee_id: UUID) -> HttpResponse:
        try:
            attendee = attendance.look_at_needs(
                session_id=session_id,
                attendee_id=attendee_id,
                actor=people.actor(request),
                now=clock.now(),
            )
        except NotFound as refusal:
            raise Http404 from refusal
        context = {
            **self.model_admin.admin_site.each_context(request),
            "title": "Access needs",
            "attendee": attendee,
            "back": _page_of(session_id),
        }
        whole = "courses/admin/needs.html"
        template = "courses/admin/_needs.html" if request.headers.get("HX-Request") else whole
        return render(request, template, context)


def all_taps(roster: Roster, person: Person, problem: str = "") -> list[Taps]:
    """A row of buttons for each day, and one for the result."""
    address = reverse("admin:courses_coursesession_tap", args=[roster.session.pk, person.id])
    days = [_day_taps(address, person, day, problem) for day in person.days]
    return [*days, _result_taps(address, roster, person, problem)]


def _day_taps(address: str, person: Person, day: Day, problem: str) -> Taps:
    at = day.marked_at
    return Taps(
        id=f"t-{person.id}-{day.id}",
        address=address,
        question=formats.short_date(day.date),
        field="mark",
        seen=day.mark,
        nothing=DayMark.EXPECTED,
        choices=[(str(each.value), str(each.label)) for each in MARKS],
        day=str(day.id),
        said=f"Saved {_when(at)}" if at else "",
        problem=problem,
        not_yet="Still to come" if day.is_to_come else "",
    )


def _result_taps(address: str, roster: Roster, person: Person, problem: str) -> Taps:
    return Taps(
        id=f"t-{person.id}-result",
        address=address,
        question="Result",
        field="result",
        seen=person.result,
        nothing=Result.OPEN,
        choices=[(str(each.value), str(each.label)) for each in RESULTS],
        said="" if person.result == Result.OPEN else "Saved",
        problem=problem,
        not_yet="" if roster.is_last_day else "On the last day",
    )


def _cells(person: Person) -> list[str]:
    return [
        safe_cell(person.name or "Name to come"),
        safe_cell(person.company),
        safe_cell(person.booked_by),
        person.reference,
        person.standing,
        *(day.words for day in person.days),
        person.result_words,
    ]


def _when(at: dt.datetime) -> str:
    same_day = formats.local_date(at) == formats.local_date(clock.now())
    return formats.clock_time(at) if same_day else formats.by_then(at, clock.now())


def _page_of(session_id: UUID) -> str:
    return reverse("admin:courses_coursesession_change", args=[session_id])
