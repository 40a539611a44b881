"""The browser that booked, or that proved the address of who did, known again by a cookie with 192 random bits. Only its digest is stored."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from core.errors import Refused
from core.ids import secret_token
from courses import visitor
from courses.models import Booking

COOKIE: str = settings.BROWSER_COOKIE_NAME
DAYS = 365
FORM = re.compile(r"[A-Za-z0-9_-]{32}\Z")


class AnotherBrowser(Refused):
    """The link shows a booking; changing people or moving money takes the browser that booked."""

    code = "another_browser"
    detail = (
        "You can only change this booking in the browser that you booked it in, "
        "or after opening it from Manage a booking with a link that we mail you."
    )


def browser_of(request: HttpRequest) -> str:
    """The cookie's value, or a fresh one where there is none that we made; `remember` it on the answer."""
    value = request.COOKIES.get(COOKIE, "")
    return value if FORM.match(value) else secret_token()


def remember(response: HttpResponseBase, browser: str) -> None:
    response.set_cookie(
        COOKIE,
        browser,
        max_age=DAYS * 24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def is_booked_here(request: HttpRequest, booking: Booking) -> bool:
    """Whether this is the browser that booked, or one that has proved the booking's address."""
    if booking.is_booked_by(request.COOKIES.get(COOKIE, "")):
        return True
    proved = visitor.address_index(request)
    return bool(proved) and booking.customer is not None and booking.customer.email_index == proved


def refuse_another(request: HttpRequest, booking: Booking) -> None:
    """Raises AnotherBrowser (403) unless this is the browser that booked."""
    if not is_booked_here(request, booking):
        raise AnotherBrowser
