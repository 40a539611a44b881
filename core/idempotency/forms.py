"""Forms that are sent twice (a double click, a reload) and give one result: the second lands where the first did.

The page carries a fresh hidden key (`{% idempotency_field %}`). Only a redirect is an answer that is kept; a page
with errors in it keeps nothing. A form whose fields were changed is a new intent, even under the same key.
"""

import functools
import json
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.decorators import method_decorator

from core.clock import now
from core.idempotency import keys, store
from core.idempotency.actor import BROWSER_COOKIE, scope_of_browser, scopes_of

FIELD = "idempotency_key"
NOT_PART_OF_THE_INTENT = (FIELD, "csrfmiddlewaretoken")
WAIT_SECONDS_MAX = 5.0
POLL_SECONDS = 0.1

View = Callable[..., HttpResponseBase]


def idempotent_form(view: View) -> View:
    """For a function view: one POST with the same key and fields runs, its repeats get the same redirect."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST" or not _well_formed(request.POST.get(FIELD)):
            return view(request, *args, **kwargs)
        claim = _claim(request)
        if claim is None:
            return HttpResponseRedirect(request.get_full_path())
        if claim.answer is not None:
            return keys.replayed(claim.answer)
        return _run(view, claim, request, *args, **kwargs)

    return guarded


@method_decorator(idempotent_form, name="dispatch")
class IdempotentFormMixin:
    """The same for class-based views: put it first among the bases."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


def _well_formed(value: str | None) -> bool:
    return value is not None and keys.LENGTH_MIN <= len(value) <= keys.LENGTH_MAX


def _claim(request: HttpRequest) -> store.Claim | None:
    """A claim, or the answer of the one who is on it; None when that takes too long."""
    fields = sorted(
        (name, values)
        for name, values in request.POST.lists()
        if name not in NOT_PART_OF_THE_INTENT
    )
    intent = f"{request.path}|{request.POST[FIELD]}|{json.dumps(fields)}"
    until = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        try:
            return store.begin(
                scopes=scopes_of(request),
                key=keys.digest(intent),
                fingerprint=keys.digest(intent),
                now=now(),
            )
        except store.RequestInFlight:
            if time.monotonic() >= until:
                return None
            time.sleep(POLL_SECONDS)


def _run(
    view: View, claim: store.Claim, request: HttpRequest, *args: Any, **kwargs: Any
) -> HttpResponseBase:
    try:
        response = view(request, *args, **kwargs)
    except Exception:
        store.finish(claim, answer=None, now=now())
        raise
    browser = response.cookies.get(BROWSER_COOKIE)
    store.finish(
        claim,
        answer=keys.answer_of(response) if _lands_elsewhere(response) else None,
        now=now(),
        also_scope=scope_of_browser(browser.value) if browser else "",
    )
    return response


def _lands_elsewhere(response: HttpResponseBase) -> bool:
    return 300 <= response.status_code < 400 or "HX-Redirect" in response.headers
