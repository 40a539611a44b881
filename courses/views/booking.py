"""From held places to who's coming: the second step, more time, and places that went back on sale."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock
from core.errors import Conflict, Invalid, TooMany
from core.idempotency.forms import idempotent_form
from core.pages import by_secret_link, with_payment_origins
from core.performance import measures
from courses import browser, policy, selectors
from courses import calendar as calendars
from courses.calendar import calendar_file
from courses.forms.details import Details, needs_consent
from courses.models import Booking, BookingStatus, CourseSession
from courses.services import bookings
from courses.services.refusals import SellingStopped
from courses.views import rows

STEPS = {"details": "courses:details", "pay": "payments:pay"}
OPEN = (BookingStatus.HELD, BookingStatus.EXPIRED)


@by_secret_link
@with_payment_origins
@require_http_methods(["GET", "HEAD", "POST"])
@idempotent_form
def details(request: HttpRequest, token: str) -> HttpResponse:
    now = clock.now()
    booking = selectors.booking_by_token(token)
    if booking.status not in OPEN:
        return HttpResponseRedirect(reverse("payments:status", args=[token]))
    asks_consent = needs_consent(booking, now)
    if request.method != "POST":
        if not booking.is_live_hold(now):
            return expired(request, booking, now)
        form = Details(booking=booking, asks_consent=asks_consent)
        return render(request, "courses/details.html", _context(booking, form, now))
    browser.refuse_another(request, booking)
    form = Details(request.POST, booking=booking, asks_consent=asks_consent)
    if _given(form, token, now):
        return HttpResponseRedirect(reverse("payments:pay", args=[token]))
    for name in form.errors:
        measures.count("who_error", name)
    if not booking.is_live_hold(now):
        return expired(request, booking, now)
    return render(request, "courses/details.html", _context(booking, form, now), status=422)


@by_secret_link
@require_POST
@idempotent_form
def extend(request: HttpRequest, token: str) -> HttpResponse:
    """Five more minutes, and back to the step that asked; what can't be is said there."""
    booking = selectors.booking_by_token(token)
    browser.refuse_another(request, booking)
    step = STEPS.get(request.POST.get("next", ""), STEPS["details"])
    outcome = "longer"
    try:
        bookings.extend(token=token, now=clock.now())
    except bookings.ExtensionsUsedUp:
        outcome = "no-longer"
    except bookings.HoldExpired:
        outcome = ""
    address = reverse(step, args=[token])
    return HttpResponseRedirect(f"{address}?hold={outcome}" if outcome else address)


@by_secret_link
@require_http_methods(["GET", "HEAD", "POST"])
@idempotent_form
def renew(request: HttpRequest, token: str) -> HttpResponse:
    """The same places again in one tap; when they are gone, the nearest dates instead."""
    now = clock.now()
    booking = selectors.booking_by_token(token)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("courses:details", args=[token]))
    browser.refuse_another(request, booking)
    try:
        bookings.renew(token=token, now=now)
    except (Conflict, TooMany, SellingStopped) as refusal:
        return expired(request, booking, now, refusal=refusal)
    done = "payments:pay" if booking.customer else "courses:details"
    return HttpResponseRedirect(reverse(done, args=[token]))


@by_secret_link
@require_POST
@idempotent_form
def rebook(request: HttpRequest, token: str) -> HttpResponse:
    """The same people on another date, after their places went back on sale."""
    now = clock.now()
    booking = selectors.booking_by_token(token)
    browser.refuse_another(request, booking)
    if booking.status not in OPEN:
        return HttpResponseRedirect(reverse("payments:status", args=[token]))
    try:
        new = bookings.hold(
            session_id=_session_id(request.POST.get("session", "")),
            places=booking.places,
            browser=browser.browser_of(request),
            now=now,
        )
    except (Conflict, Invalid, TooMany, SellingStopped) as refusal:
        return expired(request, booking, now, refusal=refusal)
    _copy_details(booking, new.token, now)
    # The pay page itself goes back a step where details are missing.
    return HttpResponseRedirect(reverse("payments:pay", args=[new.token]))


def expired(
    request: HttpRequest, booking: Booking, now: dt.datetime, refusal: Any = None
) -> HttpResponse:
    """The step's own address, saying that its places went back on sale and how to go on."""
    others = selectors.other_dates(of=booking.session, places=booking.places, now=now)
    session = selectors.session(session_id=booking.session_id, now=now)
    context = {
        "booking": booking,
        "ended_at": booking.hold_expires_at,
        "remain": _can_renew(booking, session, now) and refusal is None,
        "refusal": refusal,
        "others": [rows.session_row(each) for each in others],
        "places": booking.places,
    }
    status = 503 if isinstance(refusal, SellingStopped) else 409 if refusal else 200
    return render(request, "courses/expired.html", context, status=status)


@by_secret_link
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The course's days for the customer's own calendar, made on request."""
    booking = selectors.booking_by_token(token)
    link = request.build_absolute_uri(reverse("payments:booking", args=[token]))
    response = HttpResponse(calendar_file(booking, link=link), content_type=calendars.MIME)
    response.headers["Content-Disposition"] = f'attachment; filename="{calendars.FILE_NAME}"'
    return response


def _session_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise selectors.SessionNotFound from None


def _copy_details(booking: Booking, token: str, now: dt.datetime) -> None:
    """Nothing is asked twice."""
    customer = booking.customer
    if customer is None:
        return
    bookings.give_details(
        token=token,
        customer=bookings.CustomerDetails(
            name=customer.name,
            email=customer.email,
            phone=customer.phone,
            company=customer.company,
            purchase_order=booking.purchase_order,
            address=customer.address,
            postcode=customer.postcode,
        ),
        attendees=[
            bookings.AttendeeDetails(each.name, each.email, each.access_needs)
            for each in booking.attendees.all()
        ],
        now=now,
    )


def _given(form: Details, token: str, now: dt.datetime) -> bool:
    if not form.is_valid():
        return False
    try:
        bookings.give_details(
            token=token,
            customer=form.customer(),
            attendees=form.people(),
            early_start_consent=form.cleaned_data.get("early_start_consent"),
            now=now,
        )
    except Invalid as refusal:
        form.refuse(refusal)
        return False
    return True


def _context(booking: Booking, form: Details, now: dt.datetime) -> dict[str, Any]:
    course_address = reverse("courses:course", args=[booking.session.course.slug])
    return {
        "booking": booking,
        "form": form,
        "problems": form.problems() if form.is_bound else [],
        "steps": [
            ("Date", f"{course_address}?session={booking.session_id}", "done"),
            ("Who’s coming", "", "now"),
            ("Pay", "", "later"),
        ],
        "step_name": "details",
        "hold_seconds": settings.HOLD_SECONDS,
        "stripe_js": settings.STRIPE_JS_URL,
        "cancellation_note": policy.cancellation_note(
            booking.policy, booking.session.starts_at, now
        ),
    }


def _can_renew(booking: Booking, session: CourseSession, now: dt.datetime) -> bool:
    return (
        booking.renewals < settings.HOLD_RENEWALS_MAX
        and session.is_open(now)
        and rows.left(session) >= booking.places
    )
