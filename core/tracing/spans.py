"""Spans for a collector, when JAEGER_ENDPOINT names one; without it these functions only carry the context.

The exporter starts in the process that works, after the fork, keeps a bounded queue that drops rather than
waits, and is flushed when the process ends.
"""

import atexit
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.trace import Link, Span, SpanKind

from core.tracing import propagation
from core.tracing.redaction import redacted

QUEUE_SPANS_MAX = 2048
EXPORT_SECONDS_MAX = 2
_started_in: int | None = None


def start(service: str) -> bool:
    """Begin to export, once in each process; False when no collector is named."""
    global _started_in
    if not settings.JAEGER_ENDPOINT:
        return False
    if _started_in != os.getpid():
        _started_in = os.getpid()
        _start(service)
    return True


def stop() -> None:
    """Send what is still in the queue; called when a process ends that runs no exit handlers."""
    provider = trace.get_tracer_provider()
    if hasattr(provider, "shutdown"):
        provider.shutdown()


@contextmanager
def span(
    name: str, kind: SpanKind = SpanKind.INTERNAL, /, **attributes: str | int | bool
) -> Iterator[Span]:
    """One piece of work inside the present trace. Attributes: ids and codes, nothing personal."""
    with _tracer().start_as_current_span(name, kind=kind, attributes=attributes) as current:
        yield current


@contextmanager
def server_span(carrier: Mapping[str, str], *, trusted: bool) -> Iterator[Span]:
    """A request's span: continues the caller's trace if it is one of ours, else begins one that links to it."""
    came_from = _span_context_of(carrier)
    if trusted or _started_in != os.getpid():
        with (
            propagation.attach(carrier if trusted else None),
            _tracer().start_as_current_span("HTTP", kind=SpanKind.SERVER) as current,
        ):
            yield current
        return
    links = [Link(came_from)] if came_from.is_valid else []
    with _tracer().start_as_current_span(
        "HTTP", context=otel_context.Context(), kind=SpanKind.SERVER, links=links
    ) as current:
        yield current


def _tracer() -> trace.Tracer:
    return trace.get_tracer("react_fast_training")


def _span_context_of(carrier: Mapping[str, str]) -> trace.SpanContext:
    with propagation.attach(carrier):
        return trace.get_current_span().get_span_context()


def _start(service: str) -> None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    provider = TracerProvider(
        resource=Resource.create({"service.name": f"rft-{service}"}),
        sampler=ParentBased(TraceIdRatioBased(settings.TRACE_SAMPLE)),
        shutdown_on_exit=False,
    )
    exporter = OTLPSpanExporter(endpoint=settings.JAEGER_ENDPOINT, timeout=EXPORT_SECONDS_MAX)
    provider.add_span_processor(
        BatchSpanProcessor(
            redacting(exporter),
            max_queue_size=QUEUE_SPANS_MAX,
            export_timeout_millis=EXPORT_SECONDS_MAX * 1000,
        )
    )
    trace.set_tracer_provider(provider)
    propagation.sample_new_traces(settings.TRACE_SAMPLE)
    atexit.register(provider.shutdown)
    _instrument()


def redacting(exporter: Any) -> Any:
    """The exporter, told nothing that must not be read."""
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

    class Redacting(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> Any:
            return exporter.export([_redacted_span(done) for done in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return exporter.force_flush(timeout_millis)

    return Redacting()


def _redacted_span(done: Any) -> Any:
    from opentelemetry.sdk.trace import Event, ReadableSpan

    return ReadableSpan(
        name=redacted(done.name),
        context=done.context,
        parent=done.parent,
        resource=done.resource,
        attributes=redacted(dict(done.attributes or {})),
        events=[
            Event(event.name, redacted(dict(event.attributes or {})), event.timestamp)
            for event in done.events
        ],
        links=done.links,
        kind=done.kind,
        instrumentation_scope=done.instrumentation_scope,
        status=done.status,
        start_time=done.start_time,
        end_time=done.end_time,
    )


def _instrument() -> None:
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.instrumentation.requests import RequestsInstrumentor

    for instrumentor in (PsycopgInstrumentor(), RedisInstrumentor(), RequestsInstrumentor()):
        if not instrumentor.is_instrumented_by_opentelemetry:
            instrumentor.instrument(skip_dep_check=True)
