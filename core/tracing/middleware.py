"""One trace, one span and one log line for each request, whatever becomes of it."""

import hashlib
import hmac
import ipaddress
import logging
import sys
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from opentelemetry import trace
from opentelemetry.trace import Span, Status, StatusCode

from core.tracing import failures, logs, propagation, provider, spans, w3c, work
from core.tracing.redaction import redact, redacted

PATH_MAX = 500
QUIET_PATHS = ("/static/", "/livez", "/readyz", "/metrics")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CARRIED = {name: f"HTTP_{name.upper()}" for name in w3c.HEADERS}
log = logging.getLogger("request")


class TraceMiddleware:
    """The outermost one. A `traceparent` is believed only from TRACE_TRUSTED_PEERS; others only get a link."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.trusted = [ipaddress.ip_network(net) for net in settings.TRACE_TRUSTED_PEERS]
        got_request_exception.connect(_note, weak=False, dispatch_uid="tracing.request")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        provider.start("web")
        request_id = uuid4().hex
        method = request.method if request.method in METHODS else "_OTHER"
        carrier = {name: request.META[key] for name, key in CARRIED.items() if key in request.META}
        asked = {provider.METHOD: method or ""}
        with (
            work.tallied(request_id=request_id) as tally,
            spans.server(carrier, method or "", asked, trusted=self._trusts(request)) as span,
        ):
            tally.named.update(propagation.carried())
            if span.is_recording():
                _begin(span, request, request_id)
            response = self.get_response(request)
            route = _route_of(request)
            if span.is_recording():
                _finish(span, "HTTP" if method == "_OTHER" else method or "", route, response)
            if not request.path.startswith(QUIET_PATHS):
                facts = redacted(tally.told())
                logs.tell(log, "request", {**_line(request, response, route), **facts})
        response.headers["X-Request-ID"] = request_id
        return response

    def _trusts(self, request: HttpRequest) -> bool:
        if not self.trusted:
            return False
        try:
            peer = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
        except ValueError:
            return False
        return any(peer in network for network in self.trusted)


def actor_of(request: HttpRequest) -> str:
    """Who asked, by a name that only we could lead back: the same in each line, and nobody's."""
    user = request.__dict__.get("_cached_user")
    if user is not None and user.is_authenticated:
        return f"staff-{_digest(f'user|{user.pk}')}"
    browser = request.COOKIES.get(settings.BROWSER_COOKIE_NAME)
    return f"browser-{_digest(f'browser|{browser}')}" if browser else ""


def _digest(text: str) -> str:
    key = f"log-actor|{settings.HASH_SALT}".encode()
    return hmac.new(key, text.encode(errors="replace"), hashlib.sha256).hexdigest()[:16]


def _route_of(request: HttpRequest) -> str:
    """The pattern that matched; "" when none did."""
    return f"/{request.resolver_match.route}" if request.resolver_match else ""


def _begin(span: Span, request: HttpRequest, request_id: str) -> None:
    span.set_attributes(
        {
            "url.scheme": request.scheme or "",
            "url.path": redact(request.path),
            "rft.request_id": request_id,
        }
    )


def _finish(span: Span, method: str, route: str, response: HttpResponse) -> None:
    span.update_name(f"{method} {route}" if route else method)
    span.set_attribute("http.response.status_code", response.status_code)
    if route:
        span.set_attribute("http.route", route)
    if response.status_code >= 500:
        span.set_status(Status(StatusCode.ERROR))
        if "error.type" not in (getattr(span, "attributes", None) or {}):
            span.set_attribute("error.type", str(response.status_code))


def _line(request: HttpRequest, response: HttpResponse, route: str) -> dict[str, Any]:
    """What is known at the door; the tally adds what was found out further in."""
    size = response.headers.get("Content-Length", "")
    return {
        "method": request.method if request.method in METHODS else "_OTHER",
        "route": route or "unmatched",
        "path": redact(request.path[:PATH_MAX]),
        "status": response.status_code,
        "actor": actor_of(request),
        "bytes": int(size) if size.isdigit() else None,
        "htmx": "HTTP_HX_REQUEST" in request.META,
    }


def _note(**_signal: Any) -> None:
    """An exception that no view answered, which Django or the API turns into a 500."""
    error = sys.exc_info()[1]
    if error is not None:
        failures.note(trace.get_current_span(), error)
