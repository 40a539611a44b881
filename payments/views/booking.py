"""One booking by its secret link: what is booked, what was paid, and what happened."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core import clock, formats
from core.errors import Refusal
from core.pages import by_secret_link
from courses import policy
from courses import selectors as courses
from courses import selectors_moves as moves
from courses.selectors import Booking
from courses.services import moving
from payments import selectors
from payments.services import cancelling, session_cancelling
from payments.views import timeline
from payments.views.status import state_of

SETTLED = ("confirmed", "cancelled")


@by_secret_link
@require_safe
def booking(request: HttpRequest, token: str) -> HttpResponse:
    now = clock.now()
    found = courses.booking_by_token(token)
    payments = selectors.payments_of(found.pk)
    payment = next((each for each in reversed(payments) if each.move_id is None), None)
    if state_of(found, payment) not in SETTLED:
        # Before it is settled, the status page knows what to say and where to go on.
        return HttpResponseRedirect(reverse("payments:status", args=[token]))
    paid, refunded = selectors.paid_and_refunded(found.pk)
    is_called_off = found.session.state == "cancelled"
    live_move, moved_from = moves.live_and_last_move(found)
    badge, badge_class, sentence = _sentence(found, refunded.minor, now)
    context = {
        "section": "bookings",
        "booking": found,
        "payment": payment,
        "people": list(found.attendees.all()),
        "badge": badge,
        "badge_class": badge_class,
        "sentence": sentence,
        "paid": paid,
        "refunded": refunded,
        "card": timeline.card_in_words(payment) if payment else "",
        "is_past": found.session.ends_at < now,
        "cancellation_note": policy.cancellation_note(found.policy, found.session.starts_at, now),
        "offer": _offer(found, now),
        "live_move": live_move if found.status == Booking.Status.CONFIRMED else None,
        "moved_from": moved_from,
        "choice": session_cancelling.choice_of(found) if is_called_off else None,
        "may_move": _may_move(found, now),
        "free_until": policy.free_until(found.policy, found.session.starts_at, now),
        "may_cancel": found.status == Booking.Status.CONFIRMED
        and found.session.starts_at > now
        and not is_called_off,
        "events": timeline.of(found, payments),
    }
    return render(request, "payments/booking.html", context)


def _offer(booking: Booking, now: datetime) -> dict[str, object]:
    """What cancelling gives back today; empty where it can't be done here."""
    try:
        refund, explanation = cancelling.offer(booking=booking, now=now)
    except Refusal:
        return {}
    return {"refund": refund, "explanation": explanation}


def _may_move(booking: Booking, now: datetime) -> bool:
    try:
        moving.refuse_unmovable(booking, now)
    except Refusal:
        return False
    return True


def _sentence(booking: Booking, refunded_minor: int, now) -> tuple[str, str, str]:
    """The badge, its colour and one sentence."""
    if booking.status == Booking.Status.CANCELLED:
        return "Cancelled", "", "This booking is cancelled. Nobody is expected."
    if booking.session.state == "cancelled":
        return "We cancelled this date", "badge-warn", "Sorry. Move free, or get all of it back."
    cancelled = sum(1 for each in booking.attendees.all() if not each.is_active)
    if booking.session.ends_at < now:
        when = formats.long_date(booking.session.ends_at)
        return "Done", "", f"You took this course on {when}."
    if cancelled:
        return "Part cancelled", "badge-warn", f"{formats.counted(cancelled, 'place')} cancelled."
    if refunded_minor:
        return "Part refunded", "badge-warn", "Booked. Part of the price was sent back."
    return "Booked and paid", "badge-ok", "Everything is settled. See you there."
