"""One booking by its secret link: what is booked, what was paid, and what happened."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core import clock, formats
from core.pages import by_secret_link
from courses import policy
from courses import selectors as courses
from courses.selectors import Booking
from payments import selectors
from payments.views import timeline
from payments.views.status import state_of

SETTLED = ("confirmed", "cancelled")


@by_secret_link
@require_safe
def booking(request: HttpRequest, token: str) -> HttpResponse:
    now = clock.now()
    found = courses.booking_by_token(token)
    payment = selectors.latest_payment(found.pk)
    if state_of(found, payment) not in SETTLED:
        # Before it is settled, the status page knows what to say and where to go on.
        return HttpResponseRedirect(reverse("payments:status", args=[token]))
    paid, refunded = selectors.paid_and_refunded(found.pk)
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
        "events": timeline.of(found, now),
    }
    return render(request, "payments/booking.html", context)


@require_safe
def my_bookings(request: HttpRequest) -> HttpResponse:
    return render(request, "payments/my_bookings.html", {"section": "bookings"})


def _sentence(booking: Booking, refunded_minor: int, now) -> tuple[str, str, str]:
    """The badge, its colour and one sentence."""
    if booking.status == Booking.Status.CANCELLED:
        return "Cancelled", "", "This booking is cancelled. Nobody is expected."
    cancelled = sum(1 for each in booking.attendees.all() if not each.is_active)
    if booking.session.ends_at < now:
        when = formats.long_date(booking.session.ends_at)
        return "Done", "", f"You took this course on {when}."
    if cancelled:
        return "Part cancelled", "badge-warn", f"{formats.counted(cancelled, 'place')} cancelled."
    if refunded_minor:
        return "Part refunded", "badge-warn", "Booked. Part of the price was sent back."
    return "Booked and paid", "badge-ok", "Everything is settled. See you there."
