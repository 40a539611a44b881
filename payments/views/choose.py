"""The course is cancelled by us: another date, free, or all of the money. The customer chooses."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core import clock
from core.errors import Refusal
from core.idempotency.forms import idempotent_form
from core.pages import by_secret_link
from courses import browser
from courses import selectors as courses
from courses.selectors import Booking
from courses.views import rows
from payments import selectors
from payments.services import refund_limits, session_cancelling
from payments.views import timeline

DATES_MAX = 6


@by_secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@idempotent_form
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """The dates lead to the move's own page; the one button here takes the money."""
    booking = courses.booking_by_token(token)
    if request.method == "POST":
        browser.refuse_another(request, booking)
        try:
            session_cancelling.give_back(
                booking_id=booking.pk, actor=refund_limits.CUSTOMER, now=clock.now()
            )
        except Refusal as refusal:
            return _page(request, booking, problem=str(refusal.detail), status=409)
        return HttpResponseRedirect(reverse("payments:booking", args=[token]))
    if session_cancelling.choice_of(booking) is None:
        return HttpResponseRedirect(reverse("payments:booking", args=[token]))
    return _page(request, booking)


def _page(
    request: HttpRequest, booking: Booking, *, problem: str = "", status: int = 200
) -> HttpResponse:
    choice = session_cancelling.choice_of(booking)
    payments = selectors.paying(booking.pk)
    paid, back = selectors.paid_and_refunded(booking.pk)
    dates = courses.dates_to_move_to(booking=booking, now=clock.now(), limit=DATES_MAX)
    context = {
        "section": "bookings",
        "booking": booking,
        "choice": choice,
        "problem": problem,
        "is_here": browser.is_booked_here(request, booking),
        "dates": [rows.session_row(each) for each in dates],
        "amount": paid - back,
        "card": timeline.cards_in_words(payments),
    }
    return render(request, "payments/choose.html", context, status=status)
