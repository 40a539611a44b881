"""The Idempotency-Key of our own POST calls: the same key and body give the same answer for 24 hours.

The rules are Stripe's (docs.stripe.com/api/idempotent_requests):
1. the first answer's status and body are kept and given again, a 500 among them;
2. a key has 16 to 255 characters and belongs to its actor;
3. it is forgotten after 24 hours, and then begins anew;
4. another body (or path) under the same key is refused, 422;
5. a second request while the first runs is refused, 409, and keeps nothing;
6. what was refused before anything began (400, 401, 404, 409, 410, 413, 415, 429, 503) keeps nothing, so that
   the same key works once the cause is gone;
7. every POST takes a key, and none asks for one.
"""

import functools
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.clock import now
from core.crypto.index import keyed_digest
from core.errors import Invalid
from core.idempotency import store
from core.idempotency.actor import BROWSER_COOKIE, scope_of_browser, scopes_of

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
LENGTH_MIN, LENGTH_MAX = 16, 255
NOT_KEPT = frozenset({400, 401, 404, 409, 410, 413, 415, 429, 503})
HEADERS_KEPT = ("Location", "Content-Type", "HX-Redirect")

Handler = Callable[..., HttpResponseBase]


class BadKey(Invalid):
    code = "bad_idempotency_key"
    detail = "Idempotency-Key takes 16 to 255 visible characters."


class Reused(APIException):
    """Rule 4, in the status that interface.md gives it."""

    status_code = 422
    default_code = store.KeyReused.code
    default_detail = store.KeyReused.detail


def idempotent(handler: Handler) -> Handler:
    """For the `post` of a DRF view: honours the header by the rules above."""

    @functools.wraps(handler)
    def guarded(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        key = key_of(request.headers.get(HEADER))
        if key is None:
            return handler(view, request, *args, **kwargs)
        claim = _claim(request, key)
        if claim.answer is not None:
            return replayed(claim.answer)
        try:
            response = handler(view, request, *args, **kwargs)
        except Exception as exception:
            response = view.handle_exception(exception)
        _keep(claim, response)
        return response

    guarded.idempotent = True  # type: ignore[attr-defined]  # core.api.schema reads it
    return guarded


def key_of(value: str | None) -> str | None:
    """The digest under which a key is kept; None without one. Raises BadKey."""
    if value is None:
        return None
    if not LENGTH_MIN <= len(value) <= LENGTH_MAX or not value.isascii() or not value.isprintable():
        raise BadKey()
    return digest(value)


def digest(text: str) -> str:
    return keyed_digest(text, purpose="idempotency-key")


def replayed(answer: dict[str, Any]) -> HttpResponse:
    """The stored answer as a response of its own."""
    if 300 <= answer["status"] < 400:
        response: HttpResponse = HttpResponseRedirect(answer["headers"]["Location"])
        response.status_code = answer["status"]
    else:
        response = HttpResponse(answer["body"], status=answer["status"])
    for name, value in answer["headers"].items():
        response.headers[name] = value
    response.headers[REPLAYED] = "true"
    for name, cookie in answer["cookies"].items():
        response.set_cookie(name, **cookie)
    return response


def _claim(request: Request, key: str) -> store.Claim:
    body = json.dumps(request.data, sort_keys=True, separators=(",", ":"))
    fingerprint = digest(f"{request.method}|{request.get_full_path()}|{body}")
    try:
        return store.begin(scopes=scopes_of(request), key=key, fingerprint=fingerprint, now=now())
    except store.KeyReused as refusal:
        raise Reused(refusal.detail) from None


def _keep(claim: store.Claim, response: HttpResponseBase) -> None:
    if response.status_code in NOT_KEPT:
        store.finish(claim, answer=None, now=now())
        return
    browser = response.cookies.get(BROWSER_COOKIE)
    store.finish(
        claim,
        answer=answer_of(response),
        now=now(),
        also_scope=scope_of_browser(browser.value) if browser else "",
    )


def answer_of(response: Any) -> dict[str, Any]:
    """What a repeat is given: status, body, a few headers, and the browser's cookie."""
    headers = {name: response.headers[name] for name in HEADERS_KEPT if name in response.headers}
    if isinstance(response, Response):
        headers["Content-Type"] = response.content_type or "application/json"
        body = JSONRenderer().render(response.data) if response.data is not None else b""
    else:
        body = response.content
    return {
        "status": response.status_code,
        "headers": headers,
        "body": body.decode(),
        "cookies": _cookies_of(response),
    }


def _cookies_of(response: HttpResponseBase) -> dict[str, dict[str, Any]]:
    morsel = response.cookies.get(BROWSER_COOKIE)
    if morsel is None:
        return {}
    return {
        BROWSER_COOKIE: {
            "value": morsel.value,
            "max_age": int(morsel["max-age"]) if morsel["max-age"] != "" else None,
            "path": morsel["path"] or "/",
            "secure": bool(morsel["secure"]),
            "httponly": bool(morsel["httponly"]),
            "samesite": morsel["samesite"] or None,
        }
    }
