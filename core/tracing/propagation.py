"""The trace that a piece of work belongs to, in W3C form, from one process to the next.

The context lives in OpenTelemetry's API, which costs next to nothing without its SDK; so the same four
functions serve a laptop without a collector and a server with one.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_w3c = TraceContextTextMapPropagator()
_sampled_share = 0.0


def current_context() -> dict[str, str]:
    """What to store beside a piece of work so that its doer continues this trace; {} outside any."""
    carrier: dict[str, str] = {}
    _w3c.inject(carrier)
    return carrier


@contextmanager
def attach(context: Mapping[str, str] | None) -> Iterator[None]:
    """Work inside continues the trace of `context`; a missing or malformed one begins a new trace."""
    carrier = {name.lower(): value for name, value in (context or {}).items()}
    extracted = _w3c.extract(carrier, context=otel_context.Context())
    if not trace.get_current_span(extracted).get_span_context().is_valid:
        extracted = trace.set_span_in_context(NonRecordingSpan(_fresh()), otel_context.Context())
    token = otel_context.attach(extracted)
    try:
        yield
    finally:
        otel_context.detach(token)


def sample_new_traces(ratio: float) -> None:
    """From now on this share of the traces that begin here is recorded."""
    global _sampled_share
    _sampled_share = ratio


def trace_id() -> str:
    """32 hex digits, or "" outside any trace."""
    span_context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(span_context.trace_id) if span_context.is_valid else ""


def span_id() -> str:
    """16 hex digits, or "" outside any trace."""
    span_context = trace.get_current_span().get_span_context()
    return trace.format_span_id(span_context.span_id) if span_context.is_valid else ""


def _fresh() -> SpanContext:
    sampled = secrets.randbelow(1_000_000) < _sampled_share * 1_000_000
    return SpanContext(
        trace_id=secrets.randbits(128) or 1,
        span_id=secrets.randbits(64) or 1,
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT),
    )
