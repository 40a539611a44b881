"""Limits before anything else is done: pages, POSTs, and links that lead nowhere."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.api import problems
from core.api.middleware import API_PREFIX, refusal_page
from core.ratelimit import limits

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SECRET_LINKS = re.compile(r"^(/api/v1)?/bookings/.")


class RateLimitMiddleware:
    """429 with Retry-After for who asks too much. Webhooks, status polling and monitoring are exempt.

    A secret link that does not exist costs extra; who tried too many of them gets no link opened at all for
    a while, not even one that exists, so that guessing tells nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.exempt = [re.compile(pattern) for pattern in settings.RATE_LIMIT_EXEMPT_PATHS]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            self._ask(request)
            response = self.get_response(request)
            if response.status_code == 404 and SECRET_LINKS.match(request.path):
                limits.spend(request, limits.LINKS)
        except limits.TooManyRequests as refusal:
            return _refused(request, refusal)
        return response

    def _ask(self, request: HttpRequest) -> None:
        if SECRET_LINKS.match(request.path):
            limits.look(request, limits.LINKS)
        if any(pattern.match(request.path) for pattern in self.exempt):
            return
        limits.spend(request, limits.PAGES if request.method in SAFE_METHODS else limits.POSTS)


def _refused(request: HttpRequest, refusal: limits.TooManyRequests) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return problems.response(problems.of_refusal(refusal), problems.headers_of(refusal))
    return refusal_page(request, refusal)
