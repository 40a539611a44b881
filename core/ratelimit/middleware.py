"""Limits before anything else is done: pages, POSTs, tries at cards and passwords, and links that lead nowhere."""

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from core import security_events
from core.api import problems
from core.api.middleware import API_PREFIX, refusal_page
from core.ratelimit import limits, scopes, usage

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SECRET_LINKS = re.compile(r"^(/api/v1)?/bookings/.")
CARD_TRIES = re.compile(r"^/api/v1/bookings/[^/]+/payments/$")
STAFF = re.compile(r"^/(admin|api/v1/staff)/")
BEFORE_SIGN_IN = (scopes.ADDRESS, scopes.GLOBAL)


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
            _tell(request, response.status_code)
            if response.status_code == 404 and SECRET_LINKS.match(request.path):
                self._led_nowhere(request)
        except limits.TooManyRequests as refusal:
            return _refused(request, refusal)
        return response

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """Staff are known only after the session was read."""
        if not STAFF.match(request.path) or not self._counts(request):
            return None
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return None
        try:
            limits.spend(request, _kind(request), only=(scopes.USER,))
        except limits.TooManyRequests as refusal:
            return _refused(request, refusal)
        return None

    def _ask(self, request: HttpRequest) -> None:
        if SECRET_LINKS.match(request.path):
            limits.look(request, limits.LINKS)
        if not self._counts(request):
            return
        staff = STAFF.match(request.path)
        limits.spend(request, _kind(request), only=BEFORE_SIGN_IN if staff else ())
        if request.method == "POST":
            _count_tries(request)

    def _counts(self, request: HttpRequest) -> bool:
        return not any(pattern.match(request.path) for pattern in self.exempt)

    def _led_nowhere(self, request: HttpRequest) -> None:
        network = scopes.network_digest(request)[:16]
        security_events.tell("malicious_direct_reference", network=network)
        limits.miss(request, limits.LINKS)


def _tell(request: HttpRequest, status: int) -> None:
    """Who is refused what, and what can't be read, for the security log."""
    if status == 403:
        user = request.__dict__.get("_cached_user")
        staff = user.pk if user is not None and user.is_authenticated else None
        security_events.tell("authz_fail", **_what(request), staff=staff)
    elif status == 400 and request.path.startswith(API_PREFIX):
        security_events.tell("input_validation_fail", **_what(request))


def _what(request: HttpRequest) -> dict[str, str]:
    route = request.resolver_match.route if request.resolver_match else "unmatched"
    return {
        "route": f"/{route}",
        "method": request.method or "",
        "network": scopes.network_digest(request)[:16],
    }


def _kind(request: HttpRequest) -> str:
    return limits.PAGES if request.method in SAFE_METHODS else limits.POSTS


def _count_tries(request: HttpRequest) -> None:
    if CARD_TRIES.match(request.path):
        limits.roll(request, limits.CARDS)
    elif request.path == reverse(settings.LOGIN_URL):
        limits.roll_sign_in(request, request.POST.get("username", ""))


def _refused(request: HttpRequest, refusal: limits.TooManyRequests) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        response: HttpResponse = problems.response(
            problems.of_refusal(refusal), problems.headers_of(refusal)
        )
    else:
        response = refusal_page(request, refusal)
    if refusal.usage is not None:
        for name, value in usage.headers(refusal.name, refusal.usage).items():
            response.headers[name] = value
    return response
