"""The waiting list: joining it on a full date, and the page behind the mailed link."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core import clock
from core.errors import Invalid, Refusal
from core.idempotency.forms import idempotent_form
from core.pages import by_secret_link
from courses import browser, selectors
from courses.forms.waiting import WaitingForm
from courses.models import BookingStatus, WaitingListEntry, WaitingStatus
from courses.services import waiting


@require_http_methods(["GET", "HEAD", "POST"])
@idempotent_form
def join(request: HttpRequest, session_id: UUID) -> HttpResponse:
    session = selectors.session(session_id=session_id, now=clock.now())
    form = WaitingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        entry = _joined(session_id, form)
        if entry is not None:
            return HttpResponseRedirect(f"{request.path}?joined=1")
    problems = [
        (f"id_{name}" if name != "__all__" else "", words)
        for name, errors in form.errors.items()
        for words in errors
    ]
    context = {
        "session": session, "form": form, "problems": problems,
        "hours": settings.WAITING_LIST_OFFER_HOURS,
        "joined": "joined" in request.GET and request.method != "POST",
    }  # fmt: skip
    status = 422 if problems else 200
    return render(request, "courses/waiting_join.html", context, status=status)


@by_secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@idempotent_form
def entry(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the mailed link has proved the address: taking the offer makes the hold this browser's."""
    found = waiting.find(token)
    if request.method != "POST":
        return _page(request, found)
    try:
        if request.POST.get("leave"):
            waiting.leave(token=token, now=clock.now())
            return HttpResponseRedirect(request.path)
        who = browser.browser_of(request)
        booking = waiting.claim(token=token, browser=who, now=clock.now())
    except Refusal as refusal:
        return _page(request, found, problem=str(refusal.detail), status=409)
    response = HttpResponseRedirect(reverse("courses:details", args=[booking.token]))
    browser.remember(response, who)
    return response


def _joined(session_id: UUID, form: WaitingForm) -> WaitingListEntry | None:
    """None, with the words in the form, when it is refused."""
    given = form.cleaned_data
    try:
        return waiting.join(session_id=session_id, **given, now=clock.now())
    except Invalid as refusal:
        for field, words in refusal.fields.items():
            form.add_error(field.rpartition(".")[2], words)
    except Refusal as refusal:
        form.add_error(None, refusal.detail)
    return None


def _page(
    request: HttpRequest, found: WaitingListEntry, *, problem: str = "", status: int = 200
) -> HttpResponse:
    offer = found.booking if found.status == WaitingStatus.OFFERED else None
    is_held = offer is not None and offer.status == BookingStatus.HELD
    context = {
        "entry": found,
        "session": found.session,
        "problem": problem,
        "is_waiting": found.status == WaitingStatus.WAITING,
        "offer": offer if is_held else None,
        "course_address": reverse("courses:course", args=[found.session.course.slug]),
    }
    return render(request, "courses/waiting.html", context, status=status)
