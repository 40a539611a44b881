"""The trace that a piece of work belongs to, in W3C form, from one process to the next."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import baggage as otel_baggage
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext

from core.tracing import w3c


def current_context() -> dict[str, str]:
    """What to store beside a piece of work so that its doer continues this trace; {} outside any."""
    span_context = trace.get_current_span().get_span_context()
    return w3c.headers_of(span_context, carried()) if span_context.is_valid else {}


@contextmanager
def attach(context: Mapping[str, str] | None) -> Iterator[None]:
    """Work inside continues the trace of `context`; a missing or malformed one begins a new trace.

    No span is made for it: `spans.continued` is what a door wants.
    """
    with attached(stored(context) or _begun()):
        yield


@contextmanager
def attached(context: Context) -> Iterator[None]:
    token = otel_context.attach(context)
    try:
        yield
    finally:
        otel_context.detach(token)


def stored(context: Mapping[str, Any] | None) -> Context | None:
    """OpenTelemetry's form of a stored context, baggage included; None when it names no span."""
    carrier = {
        name.lower(): value for name, value in (context or {}).items() if isinstance(value, str)
    }
    parent = w3c.parent_of(carrier)
    if parent is None:
        return None
    made = trace.set_span_in_context(NonRecordingSpan(parent), Context())
    return with_baggage(w3c.baggage_of(carrier), made)


def with_baggage(members: Mapping[str, str], context: Context | None = None) -> Context:
    """The context, this thread's own by default, with these members more; others than ids and codes stay out."""
    context = otel_context.get_current() if context is None else context
    for name, value in members.items():
        if w3c.is_baggage(name, value):
            context = otel_baggage.set_baggage(name, value, context)
    return context


def carried(context: Context | None = None) -> dict[str, str]:
    """The baggage of this piece of work, or of that context."""
    return {name: str(value) for name, value in otel_baggage.get_all(context).items()}


def trace_id() -> str:
    """32 hex digits, or "" outside any trace."""
    span_context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(span_context.trace_id) if span_context.is_valid else ""


def span_id() -> str:
    """16 hex digits, or "" outside any trace."""
    span_context = trace.get_current_span().get_span_context()
    return trace.format_span_id(span_context.span_id) if span_context.is_valid else ""


def here() -> SpanContext | None:
    """The present span's, or None outside any trace."""
    span_context = trace.get_current_span().get_span_context()
    return span_context if span_context.is_valid else None


def _begun() -> Context:
    from core.tracing import provider

    return trace.set_span_in_context(provider.tracer().start_span("begun", Context()), Context())
