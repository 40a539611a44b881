"""Cancelling places: the exact amount before anything happens, then the places and the money in one press."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core import clock, formats
from core.errors import Refusal
from core.idempotency.forms import idempotent_form
from core.pages import by_secret_link
from courses import browser, policy
from courses import selectors as courses
from courses.selectors import Booking
from payments import selectors
from payments.models import CancellationQuote
from payments.services import cancelling
from payments.views import timeline

Shown = tuple[CancellationQuote | None, str]


@by_secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@idempotent_form
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Ticking other people asks for another amount ("quote"); the button carries the amount that was shown."""
    now = clock.now()
    booking = courses.booking_by_token(token)
    given = request.POST.get("quote")
    if given:
        browser.refuse_another(request, booking)
        try:
            seen = request.POST.getlist("attendee")
            cancelling.cancel(booking=booking, number=given, attendee_ids=seen, now=now)
        except cancelling.QuoteEnded as ended:
            return _page(request, booking, now, problem=str(ended.detail), status=410)
        except Refusal as refusal:
            return _page(request, booking, now, problem=str(refusal.detail), status=409)
        return HttpResponseRedirect(reverse("payments:booking", args=[token]))
    return _page(request, booking, now)


def _page(
    request: HttpRequest,
    booking: Booking,
    now: dt.datetime,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    chosen = request.POST.getlist("attendee") if request.method == "POST" else None
    quote, refusal = _quote(booking, chosen, now)
    wanted = set(quote.attendees) if quote else set(chosen or ())
    payments, rungs = selectors.paying(booking.pk), _rungs(booking, now)
    people = sorted(booking.attendees.all(), key=lambda each: each.position)
    costs = courses.place_costs(booking)
    context = {
        "section": "bookings",
        "booking": booking,
        "people": [
            (each, costs[str(each.pk)], str(each.pk) in wanted) for each in people if each.is_active
        ],
        "quote": quote,
        "number": cancelling.number_of(quote) if quote else "",
        "problem": problem or refusal,
        "rungs": rungs,
        # Inside the 14 days the bands say nothing: all of it comes back.
        "by_right": quote is not None and not quote.fee and not _gives_all(rungs),
        "net": quote.refund - quote.vat if quote else None,
        "card": timeline.cards_in_words(payments),
        "is_here": browser.is_booked_here(request, booking),
        "closed": quote is None and not chosen,
    }
    return render(request, "payments/cancel.html", context, status=status)


def _quote(booking: Booking, chosen: list[str] | None, now: dt.datetime) -> Shown:
    try:
        return cancelling.quote(booking=booking, attendee_ids=chosen, now=now), ""
    except Refusal as refusal:
        words = [word for each in refusal.fields.values() for word in each]
        return None, " ".join(words) or str(refusal.detail)


def _gives_all(rungs: list[dict[str, Any]]) -> bool:
    return any(each["state"] == "now" and each["share"].startswith("100%") for each in rungs)


def _rungs(booking: Booking, now: dt.datetime) -> list[dict[str, Any]]:
    """The policy's bands with today marked: past, now or still to come."""
    today, before, rungs, marked = formats.local_date(now), None, [], False
    for tier in policy.dates(booking.policy, booking.session.starts_at):
        is_now = not marked and (tier.until is None or today <= tier.until)
        rungs.append(
            {
                "share": f"{tier.refund_bp / 100:g}% back" if tier.refund_bp else "No refund",
                "until": tier.until,
                "since": before + dt.timedelta(days=1) if before and tier.until is None else None,
                "state": "now" if is_now else ("" if marked else "past"),
            }
        )
        marked, before = marked or is_now, tier.until
    return rungs
