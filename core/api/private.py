"""Answers about somebody are kept by nobody: not by a proxy, not by a browser's disk, not in another site's logs."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

ABOUT_SOMEBODY = re.compile(r"^/(bookings/.|my-bookings/|admin/|api/v1/(bookings/.|staff/))")
BY_SECRET_LINK = re.compile(r"^/bookings/.")
NOT_KEPT = "private, no-store"


class PrivateAnswersMiddleware:
    """By address, not by view: a new page below a booking's link is private before anybody thinks of it.

    Errors too: a refusal also says that somebody was there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        said = response.headers.get("Cache-Control", "")
        if ABOUT_SOMEBODY.match(request.path) and "no-store" not in said:
            response.headers["Cache-Control"] = NOT_KEPT
        if BY_SECRET_LINK.match(request.path):
            response.headers.setdefault("Referrer-Policy", "strict-origin")
            response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        return response
