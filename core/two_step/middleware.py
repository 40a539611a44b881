"""The back office's second door: no page before the code, none after the day or a long pause, money only with a fresh code."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from core import clock
from core.api import problems
from core.api.middleware import API_PREFIX, refusal_page
from core.errors import Refusal, Refused
from core.ratelimit import limits, scopes
from core.two_step import asking, services, sessions

STAFF = re.compile(r"^/(admin|api/v1/staff)/")
OWN_PAGES = "/admin/two-step/"
CODE_HEADER = "X-Two-Step-Code"


class CodeNeeded(Refused):
    code = "two_step_code_needed"
    detail = "Sign in with the code of your app first."


class FreshCodeNeeded(Refused):
    code = "fresh_code_needed"
    detail = f"Money and exports want a code of the last minutes: send one in {CODE_HEADER}."


class TwoStepMiddleware:
    """Stands after authentication. Polling does not count as somebody being there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.stepped_up = re.compile("|".join(settings.STAFF_STEP_UP_PATHS))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if STAFF.match(request.path) and request.user.is_authenticated:
            refused = self._at_the_door(request)
            if refused is not None:
                return refused
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponseBase | None:
        """Here and not earlier: the form was proved to be ours."""
        if not self.stepped_up.match(f"{request.method} {request.path}"):
            return None
        if not sessions.asks_again(request.session, now=clock.now()):
            return None
        try:
            return self._fresh_code(request)
        except Refusal as refusal:
            return _refused(request, refusal)

    def _at_the_door(self, request: HttpRequest) -> HttpResponse | None:
        now = clock.now()
        if sessions.has_ended(request.session, now=now):
            logout(request)
            return None if _is_open(request) else _to(request, settings.LOGIN_URL)
        if request.method != "GET" or request.headers.get("HX-Request") != "true":
            sessions.see(request.session, now=now)
        if _is_open(request):
            return None
        state = request.session.get(sessions.STATE, sessions.NONE)
        if state == sessions.WANTED:
            return _to(request, "two_step:code")
        if state == sessions.NONE and settings.STAFF_TWO_STEP == "required":
            return _to(request, "two_step:set_up")
        return None

    def _fresh_code(self, request: HttpRequest) -> HttpResponseBase | None:
        """The form that was sent waits, whole, behind the question for a code."""
        typed = request.POST.get(asking.FIELD) or request.headers.get(CODE_HEADER, "")
        if typed:
            limits.roll(request, limits.SIGN_IN, only=(scopes.USER,))
            now = clock.now()
            if services.is_right(request.user, typed, now=now):
                sessions.give_code(request, now=now)
                return None
        if request.path.startswith(API_PREFIX):
            raise FreshCodeNeeded
        if request.method == "GET":
            return _to(request, "two_step:code")
        return asking.page(request, wrong=bool(typed))


def _is_open(request: HttpRequest) -> bool:
    open_to_all = (reverse("admin:login"), reverse("admin:logout"))
    return request.path.startswith(OWN_PAGES) or request.path in open_to_all


def _to(request: HttpRequest, name: str) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return _refused(request, CodeNeeded())
    back = request.get_full_path() if request.method == "GET" else reverse("admin:index")
    target = f"{reverse(name)}?{urlencode({'next': back})}"
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return problems.response(problems.of_refusal(refusal), problems.headers_of(refusal))
    return refusal_page(request, refusal)
