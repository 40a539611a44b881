"""Counts and times each request, whatever becomes of it."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.health import metrics

STATIC = "/static/"
# Whom a route serves; the first that fits. Objectives are set by part, see docs/slo.md.
PARTS = (
    ("machinery", ("/livez", "/readyz", "/metrics")),
    ("static", (STATIC,)),
    ("webhooks", ("/webhooks/",)),
    ("staff", ("/admin/", "/api/v1/staff/")),
    ("api", ("/api/",)),
)
PAYING = ("/pay/", "/payments/")
SITE, CHECKOUT = "site", "checkout"


class RequestMetricsMiddleware:
    """Stands outside of all that can refuse, so that a refusal is counted as what it was."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        status = 500
        metrics.active_requests.inc()
        try:
            response = self.get_response(request)
            status = response.status_code
            return response
        finally:
            metrics.active_requests.dec()
            route = route_of(request)
            metrics.request_seconds.labels(
                part_of(route, request.method or ""), method_of(request), route, str(status)
            ).observe(time.perf_counter() - began)


def route_of(request: HttpRequest) -> str:
    """The pattern that matched, never the address: that holds tokens, and would make a series for each."""
    match = request.resolver_match
    if match is not None:
        return f"/{match.route}"
    return STATIC if request.path.startswith(STATIC) else "unmatched"


def method_of(request: HttpRequest) -> str:
    return request.method if request.method in metrics.METHODS else "other"


def part_of(route: str, method: str) -> str:
    if method == "POST" and route.endswith(PAYING):
        return CHECKOUT
    for part, prefixes in PARTS:
        if route.startswith(prefixes):
            return part
    return SITE
