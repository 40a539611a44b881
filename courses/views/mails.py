"""The e-mails of a booking: where they went, sending them again, or somewhere else too."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core import clock
from core.errors import Conflict, Invalid, NotFound, TooMany
from core.idempotency.forms import idempotent_form
from core.pages import by_secret_link
from core.ratelimit import limits
from courses import browser, resending, selectors
from courses.models import Booking


@by_secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@idempotent_form
def mails(request: HttpRequest, token: str) -> HttpResponse:
    """The link shows; only the browser that booked, or that proved its address, has anything sent."""
    booking = selectors.booking_by_token(token)
    if request.method != "POST":
        return _page(request, booking)
    browser.refuse_another(request, booking)
    email = request.POST.get("email", "").strip()[:254]
    try:
        limits.spend(request, limits.SENT_AGAIN)
        _send(request, token, email)
    except Invalid as refusal:
        return _page(request, booking, email, refusal.fields["email"][0], status=422)
    except TooMany as refusal:
        return _page(request, booking, email, str(refusal.detail), status=429)
    except (Conflict, NotFound) as refusal:
        return _page(request, booking, email, str(refusal.detail), status=409)
    return HttpResponseRedirect(f"{reverse('courses:mails', args=[token])}?sent")


def _send(request: HttpRequest, token: str, email: str) -> None:
    message = request.POST.get("message", "")
    if not message:
        resending.elsewhere(token=token, email=email, now=clock.now())
        return
    try:
        message_id = UUID(message)
    except ValueError:
        raise resending.MailNotFound from None
    resending.again(token=token, message_id=message_id, now=clock.now())


def _page(
    request: HttpRequest, booking: Booking, email: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "section": "bookings", "booking": booking, "mails": resending.sent(booking),
        "is_here": browser.is_booked_here(request, booking), "email": email,
        "may_send": booking.status == Booking.Status.CONFIRMED,
        "sent": "sent" in request.GET and not error,
        "error": error, "problems": [("id_email", error)] if error else [],
    }  # fmt: skip
    return render(request, "courses/mails.html", context, status=status)
