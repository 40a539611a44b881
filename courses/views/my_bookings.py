"""Manage a booking: a mailed link or code, then all that was booked with that address."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.errors import Invalid, Refusal
from core.pages import by_secret_link
from core.ratelimit import limits
from courses import visitor
from courses.services import signing_in

PAGE = "courses/my_bookings.html"


@by_secret_link
@require_http_methods(["GET", "HEAD", "POST"])
def my_bookings(request: HttpRequest) -> HttpResponse:
    """The list for whoever is signed in; else the question for an address, and after it the one for the code."""
    index = visitor.address_index(request)
    if index and request.method != "POST":
        return _list(request, index)
    if request.method != "POST":
        return _page(request)
    email = request.POST.get("email", "").strip()[:254]
    if "code" in request.POST:
        return _by_code(request, email)
    limits.spend(request, limits.LINKS_ASKED)
    try:
        asked = signing_in.ask(email=email, now=clock.now())
    except Invalid as refusal:
        return _page(request, email=email, error=refusal.fields["email"][0], status=422)
    return _page(request, email=email, asked=str(asked.id))


@by_secret_link
@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, link: str) -> HttpResponse:
    """Only the press of its button uses the link up."""
    now = clock.now()
    if request.method != "POST":
        if not signing_in.is_open(link=link, now=now):
            return _ended(request)
        return render(request, "courses/open_my_bookings.html", {"section": "bookings"})
    try:
        visit = signing_in.by_link(link=link, now=now)
    except signing_in.LinkEnded:
        return _ended(request)
    return _signed_in(visit)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    response = HttpResponseRedirect(reverse("courses:my_bookings"))
    visitor.forget(request, response)
    return response


def _by_code(request: HttpRequest, email: str) -> HttpResponse:
    asked = request.POST.get("asked", "")
    try:
        UUID(asked)
        return _signed_in(
            signing_in.by_code(sign_in_id=asked, code=request.POST["code"][:20], now=clock.now())
        )
    except ValueError:
        return _ended(request, email)
    except signing_in.WrongCode as refusal:
        return _page(request, email=email, asked=asked, error=str(refusal.detail), status=422)
    except Refusal as refusal:
        return _page(request, email=email, error=str(refusal.detail), status=410)


def _signed_in(visit: str) -> HttpResponse:
    response = HttpResponseRedirect(reverse("courses:my_bookings"))
    visitor.remember(response, visit)
    return response


def _ended(request: HttpRequest, email: str = "") -> HttpResponse:
    return _page(request, email=email, error=str(signing_in.LinkEnded.detail), status=410)


def _list(request: HttpRequest, index: str) -> HttpResponse:
    now, found = clock.now(), signing_in.bookings_of(index)
    coming = [each for each in found if each.session.ends_at >= now]
    context = {
        "section": "bookings",
        "is_signed_in": True,
        "coming": list(reversed(coming)),
        "past": [each for each in found if each.session.ends_at < now],
    }
    return render(request, PAGE, context)


def _page(
    request: HttpRequest, *, email: str = "", asked: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "section": "bookings", "email": email, "asked": asked, "error": error,
        "problems": [("id_code" if asked else "id_email", error)] if error else [],
    }  # fmt: skip
    return render(request, PAGE, context, status=status)
