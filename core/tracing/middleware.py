"""One trace, one span and one log line for each request, whatever becomes of it."""

import ipaddress
import time
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from opentelemetry.trace import Span, Status, StatusCode

from core.tracing import spans
from core.tracing.redaction import redact

QUIET_PATHS = ("/static/", "/livez", "/readyz", "/metrics")
log = structlog.get_logger("request")


class TraceMiddleware:
    """The outermost one. A `traceparent` is believed only from TRACE_TRUSTED_PEERS; others only get a link."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.trusted = [ipaddress.ip_network(net) for net in settings.TRACE_TRUSTED_PEERS]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        spans.start("web")
        began = time.monotonic()
        request_id = uuid4().hex
        carrier = {
            name: request.headers[name]
            for name in ("traceparent", "tracestate")
            if name in request.headers
        }
        with (
            spans.server_span(carrier, trusted=self._is_trusted(request)) as span,
            structlog.contextvars.bound_contextvars(request_id=request_id),
        ):
            response = self.get_response(request)
            self._tell(request, response, span, time.monotonic() - began)
        response.headers["X-Request-ID"] = request_id
        return response

    def _is_trusted(self, request: HttpRequest) -> bool:
        try:
            peer = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
        except ValueError:
            return False
        return any(peer in network for network in self.trusted)

    def _tell(
        self, request: HttpRequest, response: HttpResponse, span: Span, seconds: float
    ) -> None:
        route = request.resolver_match.route if request.resolver_match else "unmatched"
        status = response.status_code
        span.update_name(f"{request.method} /{route}")
        span.set_attributes(
            {
                "http.request.method": request.method or "",
                "http.route": f"/{route}",
                "http.response.status_code": status,
                "url.scheme": request.scheme or "",
                "url.path": redact(request.path),
            }
        )
        if status >= 500:
            span.set_attribute("error.type", str(status))
            span.set_status(Status(StatusCode.ERROR))
        if not request.path.startswith(QUIET_PATHS):
            log.info(
                "request",
                method=request.method,
                route=f"/{route}",
                path=request.path,
                status=status,
                ms=round(seconds * 1000, 1),
                staff=_staff(request),
            )


def _staff(request: HttpRequest) -> int | None:
    """Who of the staff asked; the user is not looked up for it."""
    user = request.__dict__.get("_cached_user")
    return user.pk if user is not None and user.is_authenticated else None
