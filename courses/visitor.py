"""The customer who has proved an address by a mailed link or code, known for twelve hours by a cookie."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from core import clock
from courses.services import signing_in

COOKIE = "rft_visit"


def address_index(request: HttpRequest) -> str:
    """The blind index of the proved address; "" without one. Asked once a request."""
    known: str | None = getattr(request, "_proved_address", None)
    if known is None:
        known = signing_in.visitor(request.COOKIES.get(COOKIE, ""), now=clock.now())
        request._proved_address = known  # type: ignore[attr-defined]
    return known


def remember(response: HttpResponseBase, visit: str) -> None:
    response.set_cookie(
        COOKIE,
        visit,
        max_age=int(signing_in.VISIT.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def forget(request: HttpRequest, response: HttpResponseBase) -> None:
    signing_in.end(request.COOKIES.get(COOKIE, ""), now=clock.now())
    response.delete_cookie(COOKIE, samesite="Lax")
