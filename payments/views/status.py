"""What became of a booking: waiting, confirmed, being checked, refused. Never "failed" while it isn't known."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core import clock
from core.pages import HtmxRequest, by_secret_link, go_to, with_payment_origins
from courses import browser, policy
from courses import selectors as courses
from courses.selectors import Booking
from courses.views import rows
from fraud import selectors as fraud
from payments import selectors
from payments.models import Payment, PaymentStatus
from payments.services import checkout
from payments.views import timeline

SOON_SECONDS, LONG_SECONDS = 10, 60
ASK_EVERY_SECONDS = 5
CAME_BACK_SECONDS, CLOSED_SECONDS = 20, 4
WAITING = "waiting"
FROM_STRIPE = ("payment_intent", "payment_intent_client_secret", "redirect_status", "returned")


@by_secret_link
@with_payment_origins
@require_safe
def status(request: HtmxRequest, token: str) -> HttpResponse:
    now = clock.now()
    if any(name in request.GET for name in FROM_STRIPE):
        # Back from the bank: what the address says is not believed, and its secrets leave the address bar.
        _came_back(request, _asked_now_and_then(token, now))
        return HttpResponseRedirect(reverse("payments:status", args=[token]))
    booking = courses.booking_by_token(token)
    payment = selectors.latest_payment(booking.pk)
    if booking.status == Booking.Status.PAYING and _should_ask(payment, now):
        payment = checkout.continue_after_action(token=token, now=now)
        booking = courses.booking_by_token(token)
    elsewhere = _elsewhere(booking, payment)
    if elsewhere:
        return go_to(request, reverse(elsewhere, args=[token]))
    return _answer(request, booking, payment, now)


def _answer(
    request: HtmxRequest, booking: Booking, payment: Payment | None, now: dt.datetime
) -> HttpResponse:
    state = state_of(booking, payment)
    if request.htmx and state != WAITING:  # the whole page, with its own title
        return go_to(request, request.path)
    context = {
        "section": "bookings",
        "booking": booking,
        "payment": payment,
        "people": [each for each in booking.attendees.all() if each.is_active],
        "is_here": browser.is_booked_here(request, booking),
        **_words(state, booking, payment, now),
    }
    part = "#state" if request.htmx else ""
    return render(request, f"payments/status_{state}.html{part}", context)


def state_of(booking: Booking, payment: Payment | None) -> str:
    """The one of the page's states that this booking and its last payment are in."""
    if booking.status == Booking.Status.CONFIRMED:
        return "confirmed"
    if booking.status == Booking.Status.UNDER_REVIEW:
        return "checking"
    if payment is not None and payment.status == PaymentStatus.BLOCKED:
        return "refused"
    if payment is not None and payment.status == PaymentStatus.SUCCEEDED and payment.refunded_minor:
        return "cancelled" if booking.confirmed_at else "full"
    if booking.status == Booking.Status.CANCELLED:
        return "cancelled" if booking.confirmed_at else "not_confirmed"
    return WAITING


def _words(
    state: str, booking: Booking, payment: Payment | None, now: dt.datetime
) -> dict[str, Any]:
    if state == WAITING:
        return _waiting(booking, payment, now)
    if state == "checking":
        case = fraud.case_of(payment.pk) if payment else None
        hours = settings.REVIEW_PROMISE_OFFICE_HOURS
        return {"promise_at": case.promise_at if case else None, "promise_hours": hours}
    if state == "full":
        others = courses.other_dates(of=booking.session, places=booking.places, now=now)
        return {"others": [rows.session_row(each) for each in others]}
    if state in ("confirmed", "cancelled"):
        paid, refunded = selectors.paid_and_refunded(booking.pk)
        note = policy.cancellation_note(booking.policy, booking.session.starts_at, now)
        events = (
            timeline.of(booking, selectors.payments_of(booking.pk)) if state == "cancelled" else []
        )
        return {
            "paid": paid, "refunded": refunded, "cancellation_note": note, "events": events,
            "reminder_days": _reminder_days(booking, now),
        }  # fmt: skip
    return {}


def _reminder_days(booking: Booking, now: dt.datetime) -> int:
    """How many days before the course a reminder will go out; 0 when it is too near for one."""
    days = settings.REMINDER_DAYS
    return days if booking.session.starts_at - dt.timedelta(days=days) > now else 0


def _waiting(booking: Booking, payment: Payment | None, now: dt.datetime) -> dict[str, Any]:
    waited = (now - payment.created_at).total_seconds() if payment else 0
    return {
        "waited": waited,
        "is_unknown": payment is not None and payment.is_unknown,
        "is_slow": waited >= SOON_SECONDS,
        "is_long": waited >= LONG_SECONDS,
    }


def _asked_now_and_then(token: str, now: dt.datetime) -> Payment | None:
    """The payment, asked after at the bank unless that was done a moment ago."""
    payment = selectors.latest_payment(courses.booking_by_token(token).pk)
    if payment is None or not payment.is_open or not _may_ask(payment):
        return payment
    return checkout.continue_after_action(token=token, now=now)


def _came_back(request: HtmxRequest, payment: Payment | None) -> None:
    """Whoever comes from the bank waits here for the outcome, which another process may be working on.
    Not long if they closed its question: then they are asked again."""
    if payment is not None:
        closed = request.GET.get("returned") == "closed"
        seconds = CLOSED_SECONDS if closed else CAME_BACK_SECONDS
        cache.set(f"came-back:{payment.pk}", True, seconds)


def _is_back(payment: Payment) -> bool:
    return bool(cache.get(f"came-back:{payment.pk}"))


def _should_ask(payment: Payment | None, now: dt.datetime) -> bool:
    """After ten seconds the gateway is asked, and not more often than each five."""
    if payment is None or not payment.is_open:
        return False
    if payment.status == PaymentStatus.REQUIRES_ACTION and not _is_back(payment):
        return False
    if (now - payment.created_at).total_seconds() < SOON_SECONDS:
        return False
    return _may_ask(payment)


def _may_ask(payment: Payment) -> bool:
    """Whoever holds the link can reload at will; the gateway is asked once in five seconds."""
    return cache.add(f"status-asked:{payment.pk}", True, ASK_EVERY_SECONDS)


def _elsewhere(booking: Booking, payment: Payment | None) -> str:
    """The page that this booking belongs on, when it isn't this one."""
    unpaid = payment is None or payment.status in (PaymentStatus.FAILED, PaymentStatus.CANCELLED)
    if booking.status == Booking.Status.HELD:
        return "payments:pay"
    if booking.status == Booking.Status.EXPIRED and unpaid:
        return "payments:pay"
    if payment is None or booking.status != Booking.Status.PAYING:
        return ""
    asks = payment.status == PaymentStatus.REQUIRES_ACTION and not _is_back(payment)
    return "payments:pay" if asks else ""
