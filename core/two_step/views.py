"""The pages of two-step sign-in: the code, setting up, one's own sign-ins, and removing it for somebody who lost the phone."""

from typing import Any

import segno
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from core import clock, security_events
from core.backoffice import people
from core.backoffice.site import in_uk_time, staff_policy
from core.ratelimit import limits, scopes
from core.two_step import services, sessions

REASON_MAX = 500


def page(view: Any) -> Any:
    """For staff with a password, also before their code; never kept by a browser."""
    guarded = require_http_methods(["GET", "HEAD", "POST"])(staff_member_required(view))
    return staff_policy(in_uk_time(never_cache(guarded)))


@page
def code(request: HttpRequest) -> HttpResponse:
    """After the password, and again before an export."""
    if request.session.get(sessions.STATE) == sessions.NONE:
        return HttpResponseRedirect(reverse("two_step:set_up"))
    wrong = False
    if request.method == "POST":
        limits.roll(request, limits.SIGN_IN, only=(scopes.USER,))
        now = clock.now()
        if services.is_right(request.user, request.POST.get("code", ""), now=now):
            sessions.give_code(request, now=now)
            return HttpResponseRedirect(_next(request))
        wrong = True
        security_events.tell("authn_login_fail", staff=request.user.pk, step="code")
    return _render(request, "code", "Type your code", 422 if wrong else 200, wrong=wrong)


@page
def set_up(request: HttpRequest) -> HttpResponse:
    state, now = request.session.get(sessions.STATE), clock.now()
    if state == sessions.WANTED or sessions.asks_again(request.session, now=now):
        return HttpResponseRedirect(f"{reverse('two_step:code')}?next={request.path}")
    user: Any = request.user
    secret, wrong = services.offered(user, request.POST.get("offer", "")), False
    if request.method == "POST":
        try:
            return _codes(request, secret)
        except services.WrongCode:
            wrong = True
    secret = secret or services.new_secret()
    picture = segno.make(services.address(secret, user), error="m")
    return _render(
        request, "set_up", "Set up two-step sign-in", 422 if wrong else 200, wrong=wrong,
        again=state == sessions.GIVEN, secret=_in_fours(secret), offer=services.offer(user, secret),
        picture=mark_safe(picture.svg_inline(scale=5, border=3, dark="#12211A", light="#fff")),  # noqa: S308 (made here)
    )  # fmt: skip


@page
def mine(request: HttpRequest) -> HttpResponse:
    """Where one is signed in, and a way out of all other places."""
    now = clock.now()
    if request.session.get(sessions.STATE) == sessions.WANTED:
        return HttpResponseRedirect(f"{reverse('two_step:code')}?next={request.path}")
    user: Any = request.user
    own = request.session.session_key
    if request.method == "POST":
        ended = sessions.end_others(user.pk, but=own, now=now)
        messages.success(request, f"Signed out in {ended} other places.")
        return HttpResponseRedirect(request.path)
    return _render(
        request, "mine", "Your sign-in",
        signed_in=[(key == own, seen) for key, seen in sessions.of(user.pk, now=now)],
        is_set_up=services.is_set_up(user.pk), codes_left=services.recovery_codes_left(user.pk),
    )  # fmt: skip


@page
@permission_required("auth.change_user", raise_exception=True)
def remove(request: HttpRequest, user_id: int) -> HttpResponse:
    now = clock.now()
    if sessions.asks_again(request.session, now=now):
        return HttpResponseRedirect(f"{reverse('two_step:code')}?next={request.path}")
    person = get_object_or_404(User, pk=user_id)
    back = reverse("admin:auth_user_change", args=[person.pk])
    reason = request.POST.get("reason", "").strip()[:REASON_MAX]
    if request.method == "POST" and reason:
        services.remove(person.pk, actor=people.actor(request), reason=reason, now=now)
        sessions.end_others(person.pk, but=None, now=now)
        messages.success(request, f"{person.get_username()} signs in with the password alone now.")
        return HttpResponseRedirect(back)
    missing = request.method == "POST"
    title = f"Remove two-step sign-in of {person.get_username()}"
    return _render(
        request, "remove", title, 422 if missing else 200, person=person, missing=missing, back=back
    )


def _codes(request: HttpRequest, secret: str) -> HttpResponse:
    """The recovery codes, shown this once. Whoever else is signed in as this person is not any more."""
    now = clock.now()
    limits.roll(request, limits.SIGN_IN, only=(scopes.USER,))
    user: Any = request.user
    typed = request.POST.get("code", "")
    codes = services.confirm(user, secret, typed, actor=people.actor(request), now=now)
    sessions.end_others(user.pk, but=request.session.session_key, now=now)
    sessions.give_code(request, now=now)
    return _render(request, "codes", "Keep these codes", codes=codes, next=_next(request))


def _render(
    request: HttpRequest, name: str, title: str, status: int = 200, **context: Any
) -> HttpResponse:
    everything = {
        **admin.site.each_context(request), "title": title, "next": _next(request), **context
    }  # fmt: skip
    return render(request, f"two_step/{name}.html", everything, status=status)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    host, secure = {request.get_host()}, request.is_secure()
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=host, require_https=secure)
    return wanted if safe else reverse("admin:index")


def _in_fours(secret: str) -> str:
    return " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
