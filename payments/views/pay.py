"""Check and pay: the third step, answers and card on one page."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core import clock
from core.idempotency.forms import idempotent_form
from core.pages import by_secret_link, with_payment_origins
from courses import browser, policy
from courses import selectors as courses
from courses.selectors import Booking
from courses.services import bookings
from courses.services import details as booking_details
from courses.views.booking import expired
from payments import selectors
from payments.models import Payment, PaymentStatus
from payments.views import words

UNFINISHED = (Booking.Status.HELD, Booking.Status.EXPIRED)


@by_secret_link
@with_payment_origins
@require_http_methods(["GET", "HEAD", "POST"])
@idempotent_form
def pay(request: HttpRequest, token: str) -> HttpResponse:
    now = clock.now()
    booking = courses.booking_by_token(token)
    latest = selectors.latest_payment(booking.pk)
    if latest is not None and _waits_for_approval(latest, booking):
        return render(request, "payments/approve.html", _approval(request, booking, latest, now))
    if booking.status not in UNFINISHED:
        return _to("payments:status", token)
    if not booking.is_live_hold(now):
        return expired(request, booking, now)
    if booking_details.missing(booking):
        return _to("courses:details", token)
    if request.method == "POST":
        return _without_card(request, booking, now)
    return render(request, "payments/pay.html", _context(request, booking, latest, now))


def _without_card(request: HttpRequest, booking: Booking, now: dt.datetime) -> HttpResponse:
    """A free course has nothing to pay. Any other form that comes here had no script to send the card."""
    browser.refuse_another(request, booking)
    if booking.total_minor == 0:
        bookings.confirm(booking_id=booking.pk, now=now)
        return _to("payments:status", booking.token)
    return _to("payments:pay", booking.token)


def _context(
    request: HttpRequest, booking: Booking, latest: Payment | None, now: dt.datetime
) -> dict[str, Any]:
    closed = selectors.tries_left(booking.pk) == 0
    course_address = reverse("courses:course", args=[booking.session.course.slug])
    details_address = reverse("courses:details", args=[booking.token])
    return {
        "booking": booking,
        "people": [each for each in booking.attendees.all() if each.is_active],
        "is_here": browser.is_booked_here(request, booking),
        "closed": closed,
        "failure": "" if closed else words.of_payment(latest),
        "words": words.of_refusals(),
        "details_address": details_address,
        "steps": [
            ("Date", f"{course_address}?session={booking.session_id}", "done"),
            ("Who’s coming", details_address, "done"),
            ("Pay", "", "now"),
        ],
        "step_name": "pay",
        "cancellation_note": policy.cancellation_note(
            booking.policy, booking.session.starts_at, now
        ),
        **card_form(booking),
    }


def _approval(
    request: HttpRequest, booking: Booking, payment: Payment, now: dt.datetime
) -> dict[str, Any]:
    """The bank still waits for the customer: the way back to its question, in the browser that pays."""
    is_here = browser.is_booked_here(request, booking)
    return {
        "booking": booking,
        "is_here": is_here,
        "client_secret": payment.client_secret if is_here else "",
        "words": words.of_refusals(),
        **card_form(booking),
    }


def card_form(booking: Booking) -> dict[str, Any]:
    """What the card form needs to know."""
    return {
        "due": booking.total,
        "held_until": booking.hold_expires_at,
        "hold_seconds": settings.HOLD_SECONDS,
        "stripe_js": settings.STRIPE_JS_URL,
        "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
        "payments_address": reverse("api:booking-payments", args=[booking.token]),
        "status_address": reverse("payments:status", args=[booking.token]),
    }


def _waits_for_approval(payment: Payment, booking: Booking) -> bool:
    return (
        booking.status == Booking.Status.PAYING and payment.status == PaymentStatus.REQUIRES_ACTION
    )


def _to(name: str, token: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(name, args=[token]))
