"""Times every request, and looks closely at one in so many."""

import random
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from opentelemetry import trace

from core.database import queries, watching
from core.performance import collector, metrics, recorder, sampler
from core.performance.recorder import Look
from core.tracing.propagation import trace_id

QUIET_PATHS = ("/static/", "/livez", "/readyz", "/metrics")
ROLE = "web"
REPEATED_FROM = 5
SLOW_STATEMENT_SECONDS = 0.05


class PerformanceMiddleware:
    """Inside the tracing, so that the slowest request of an hour names its trace; outside everything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.sample = settings.PERFORMANCE_SAMPLE

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(QUIET_PATHS):
            return self.get_response(request)
        sampler.start(ROLE)
        if random.random() < self.sample:  # noqa: S311 (which requests are looked at is no secret)
            return self._closely(request)
        began = time.perf_counter()
        response = self.get_response(request)
        elapsed_ms = (time.perf_counter() - began) * 1000
        recorder.add(
            recorder.PAGE, route_of(request), ms=elapsed_ms, error=response.status_code >= 500
        )
        return response

    def _closely(self, request: HttpRequest) -> HttpResponse:
        began, cpu, paused = time.perf_counter(), time.thread_time(), collector.paused_seconds()
        response = self.get_response(request)
        asked = watching.asked() or queries.Asked()
        cpu_seconds = time.thread_time() - cpu
        elapsed_ms = (time.perf_counter() - began) * 1000
        route = route_of(request)
        recorder.add(
            recorder.PAGE,
            route,
            ms=elapsed_ms,
            error=response.status_code >= 500,
            look=look_at(asked, cpu_seconds, collector.paused_seconds() - paused),
        )
        metrics.request_cpu_seconds.labels(route).observe(cpu_seconds)
        metrics.request_queries.labels(route).observe(asked.count)
        return response


def look_at(asked: queries.Asked, cpu_seconds: float, paused_seconds: float) -> Look:
    notable = asked.notable(times=REPEATED_FROM, seconds=SLOW_STATEMENT_SECONDS)
    recorded = trace.get_current_span().is_recording()
    return Look(
        cpu_ms=cpu_seconds * 1000,
        gc_ms=paused_seconds * 1000,
        queries=asked.count,
        query_ms=asked.seconds * 1000,
        statements=tuple((sql, times, seconds * 1000) for sql, times, seconds in notable),
        trace=trace_id() if recorded else "",
    )


def route_of(request: HttpRequest) -> str:
    """The pattern of the address, never the address."""
    match = request.resolver_match
    return f"/{match.route}" if match else "unmatched"
