"""Paying what a dearer date costs more: the card while the new places are kept, then what became of it."""

import datetime as dt
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core import clock
from core.pages import HtmxRequest, by_secret_link, go_to, with_payment_origins
from courses import browser
from courses import selectors as courses
from courses import selectors_moves as moves
from courses.selectors import Booking
from courses.services.moving import Move
from fraud import selectors as fraud
from payments import selectors
from payments.models import Payment, PaymentStatus
from payments.services import checkout
from payments.views import words
from payments.views.pay import card_form

ASK_EVERY_SECONDS = 5
WAITING = "waiting"
FROM_BANK = ("payment_intent", "payment_intent_client_secret", "redirect_status", "returned")


@by_secret_link
@with_payment_origins
@require_safe
def move_pay(request: HtmxRequest, token: str) -> HttpResponse:
    """What the address says of the bank's answer is not believed: the gateway is asked, now and then."""
    now = clock.now()
    booking = courses.booking_by_token(token)
    move = moves.live_move(booking)
    if move is not None and _may_ask(request, move):
        checkout.continue_after_action(token=token, move_id=move.pk, now=now)
        move = moves.live_move(booking)
    if any(name in request.GET for name in FROM_BANK):
        return HttpResponseRedirect(reverse("payments:move_pay", args=[token]))
    if move is None:
        return go_to(request, reverse("payments:booking", args=[token]))
    context = _context(request, booking, move, now)
    if request.htmx and context["state"] != WAITING:  # the whole page, with its own title
        return go_to(request, request.path)
    return render(request, "payments/move_pay.html", context)


def _may_ask(request: HttpRequest, move: Move) -> bool:
    """Whoever holds the link can reload at will; the gateway is asked once in five seconds."""
    back = "returned" in request.GET or "payment_intent" in request.GET
    waits = move.status == "paying" and (back or "again" in request.GET)
    return waits and cache.add(f"move-asked:{move.pk}", True, ASK_EVERY_SECONDS)


def _context(
    request: HttpRequest, booking: Booking, move: Move, now: dt.datetime
) -> dict[str, Any]:
    payment = selectors.latest_payment_of_move(booking.pk, move.pk)
    closed = selectors.tries_left(booking.pk, for_moves=True) == 0
    is_here = browser.is_booked_here(request, booking)
    status_address = reverse("payments:move_pay", args=[booking.token])
    return {
        "section": "bookings",
        "booking": booking,
        "move": move,
        "state": _state(move, payment, now),
        "new": move.to_session,
        "is_here": is_here,
        "closed": closed,
        "failure": "" if closed else words.of_payment(payment),
        "words": words.of_refusals(),
        "client_secret": payment.client_secret if payment and is_here else "",
        "case": fraud.case_of(payment.pk) if payment and move.status == "under_review" else None,
        **card_form(booking),
        "due": move.difference,
        "held_until": move.expires_at,
        "pay_words": "Move and pay",
        "payments_address": reverse("api:move-payments", args=[booking.token, move.pk]),
        "status_address": status_address,
    }


def _state(move: Move, payment: Payment | None, now: dt.datetime) -> str:
    if move.status == "under_review":
        return "checking"
    if move.status == "open":
        return "pay" if move.expires_at > now else "over"
    asks = payment is not None and payment.status == PaymentStatus.REQUIRES_ACTION
    return "approve" if asks else WAITING
