"""Moving to another date: the dates with places enough, what each costs more or less, and one button."""

import datetime as dt
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core import clock, formats
from core.errors import Refusal
from core.idempotency.forms import idempotent_form
from core.money import Money
from core.pages import by_secret_link
from courses import browser, policy
from courses import selectors as courses
from courses.selectors import Booking
from courses.services import moving as rules
from courses.views import rows
from payments.services import moving

DATES_MAX = 40


@by_secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@idempotent_form
def move(request: HttpRequest, token: str) -> HttpResponse:
    """A link chooses a date; the button carries the date and the difference that was shown. A dearer one is paid for first."""
    now = clock.now()
    booking = courses.booking_by_token(token)
    if request.method != "POST":
        return _page(request, booking, request.GET.get("session", ""), now)
    browser.refuse_another(request, booking)
    chosen = request.POST.get("session", "")
    try:
        shown = int(request.POST.get("difference", ""))
        act = moving.hold if shown > 0 else moving.move
        act(booking_id=booking.pk, session_id=UUID(chosen), shown_minor=shown, now=now)
    except ValueError:
        return _page(request, booking, "", now, problem="Choose a date.", status=422)
    except Refusal as refusal:
        return _page(request, booking, chosen, now, problem=str(refusal.detail), status=409)
    name = "payments:move_pay" if shown > 0 else "payments:booking"
    return HttpResponseRedirect(reverse(name, args=[token]))


def _page(
    request: HttpRequest,
    booking: Booking,
    chosen: str,
    now: dt.datetime,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "section": "bookings",
        "booking": booking,
        "problem": problem,
        "is_here": browser.is_booked_here(request, booking),
        "free_until": policy.free_until(booking.policy, booking.session.starts_at, now),
        "we_cancelled": booking.session.state == "cancelled",
        **_dates(booking, chosen, now),
    }
    return render(request, "payments/move.html", context, status=status)


def _dates(booking: Booking, chosen: str, now: dt.datetime) -> dict[str, object]:
    """The rows to choose from, and the chosen one with its difference. None where moving is over."""
    try:
        rules.refuse_unmovable(booking, now)
    except Refusal as refusal:
        return {"closed": str(refusal.detail)}
    sessions = courses.dates_to_move_to(booking=booking, now=now, limit=DATES_MAX)
    if not sessions:
        return {"dates": []}
    difference = rules.difference(booking, sessions[0]).total  # one course has one price
    found = next((each for each in sessions if str(each.pk) == chosen), None)
    return {
        "dates": [rows.session_row(each) for each in sessions],
        "difference": difference,
        "in_words": in_words(difference),
        "is_dearer": difference.minor > 0,
        "gives_back": difference.minor < 0,
        "chosen": found and rows.session_row(found),
    }


def in_words(difference: Money) -> str:
    if difference.minor < 0:
        return f"{formats.money(-difference)} back"
    return f"{formats.money(difference)} to pay"
