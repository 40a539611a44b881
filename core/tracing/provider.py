"""OpenTelemetry's SDK in the process that works: made after the fork, flushed when the process ends.

Ids are made whether or not anybody collects spans, so that each log line and each row of history has its trace.
Spans are recorded only when JAEGER_ENDPOINT names a collector: all of a trace that begins with a request that may
change something (TRACE_SAMPLE_CHANGES), and a share of the others (TRACE_SAMPLE).
"""

import atexit
import os
import random
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import IdGenerator, ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    TraceState,
    get_current_span,
)
from opentelemetry.util.types import Attributes

from core.tracing import failures

EXPORT_SECONDS_MAX = 2
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
METHOD = "http.request.method"
SCOPE = InstrumentationScope("react_fast_training")
_LIMITS = SpanLimits(max_attributes=32, max_events=16, max_links=16, max_attribute_length=2_000)
_bits = random.Random(os.urandom(16)).getrandbits  # noqa: S311  # ids, no secrets
_UNRECORDED = TraceFlags(TraceFlags.RANDOM_TRACE_ID)
_UNSET, _FAILED = Status(), Status(StatusCode.ERROR)
_lock = threading.Lock()
_next = threading.local()
_service = "command"
_tracer: Tracer | None = None
_provider: TracerProvider | None = None


def start(service: str) -> bool:
    """Name this process and begin, once; False when no collector is named. Call it after the fork."""
    global _service
    if _tracer is None:
        _service = service
        tracer()
    return is_exporting()


def tracer() -> Tracer:
    """This process's; made when it is first needed."""
    return _tracer or _made()


def begin(
    name: str,
    context: Context | None,
    kind: SpanKind,
    attributes: Attributes,
    links: Sequence[Link] = (),
) -> Span:
    """A span below that context's; only its ids where the trace is not recorded."""
    made: Any = tracer()
    parent = get_current_span(context).get_span_context()
    if parent.is_valid:
        if not parent.trace_flags.sampled:
            return NonRecordingSpan(_below(parent))
    else:
        trace_id = _bits(128) or 1
        if not made.sampler.takes(trace_id, attributes):
            return NonRecordingSpan(SpanContext(trace_id, _bits(64) or 1, False, _UNRECORDED))
        _next.trace_id = trace_id
    span: Span = made.start_span(name, context, kind, attributes, links)
    return span


def leaf(
    name: str, attributes: dict[str, str], began_ns: int, error: BaseException | None = None
) -> None:
    """A call that has ended, below the present span, which is recorded.

    Statements are most of all spans, and the SDK takes ten times as long to make one of its own, which could still
    be changed: this one is finished as it is made. The attributes are the caller's own and are not copied.
    """
    kept = {} if error is None else failures.facts_of(error)
    made: Any = tracer()
    parent = get_current_span().get_span_context()
    span = ReadableSpan(
        name=name,
        context=_below(parent),
        parent=parent,
        resource=made.resource,
        attributes={**attributes, **kept} if kept else attributes,
        kind=SpanKind.CLIENT,
        status=_FAILED if kept else _UNSET,
        start_time=began_ns,
        end_time=time.time_ns(),
        instrumentation_scope=SCOPE,
    )
    made.span_processor.on_end(span)


def _below(parent: SpanContext) -> SpanContext:
    return SpanContext(
        parent.trace_id, _bits(64) or 1, False, parent.trace_flags, parent.trace_state
    )


def stop() -> None:
    """Send what is still in the queue; for a process that ends without exit handlers too."""
    global _provider, _tracer
    ending, _provider, _tracer = _provider, None, None
    if ending is not None:
        ending.shutdown()


def is_exporting() -> bool:
    return bool(settings.JAEGER_ENDPOINT) and settings.MONITORING_ENABLED


def resource(service: str) -> Resource:
    return Resource(
        {
            "service.name": f"rft-{service}",
            "service.namespace": "rft",
            "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
            "process.pid": os.getpid(),
            "deployment.environment.name": settings.ENVIRONMENT_NAME,
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.language": "python",
        }
    )


class Ids(IdGenerator):
    """Gives a new trace the id by which it was decided that it is recorded."""

    def generate_trace_id(self) -> int:
        trace_id: int = _next.__dict__.pop("trace_id", 0)
        return trace_id or _bits(128) or 1

    def generate_span_id(self) -> int:
        return _bits(64) or 1

    def is_trace_id_random(self) -> bool:
        return True


class Shares(Sampler):
    """Who continues a trace does as its beginner did; who begins one records this share of it."""

    def __init__(self, *, reads: float, changes: float) -> None:
        self._reads, self._changes = _bound(reads), _bound(changes)

    def should_sample(  # noqa: PLR0917  # the SDK's signature
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        parent = get_current_span(parent_context).get_span_context()
        if parent.is_valid:
            return _result(parent.trace_flags.sampled, attributes, parent.trace_state)
        return _result(self.takes(trace_id, attributes), attributes, None)

    def takes(self, trace_id: int, attributes: Attributes) -> bool:
        """Whether a trace that begins with this is recorded."""
        method = (attributes or {}).get(METHOD, "GET")
        bound = self._reads if method in SAFE_METHODS else self._changes
        return (trace_id & 0xFFFF_FFFF_FFFF_FFFF) < bound

    def get_description(self) -> str:
        return "rft.shares"


def _result(sampled: bool, attributes: Attributes, state: TraceState | None) -> SamplingResult:
    decision = Decision.RECORD_AND_SAMPLE if sampled else Decision.DROP
    return SamplingResult(decision, attributes if sampled else None, state)


def _bound(share: float) -> int:
    return round(share * 2**64)


def _made() -> Tracer:
    global _provider, _tracer
    with _lock:
        if _tracer is None:
            exporting = is_exporting()
            _provider = TracerProvider(
                sampler=Shares(
                    reads=settings.TRACE_SAMPLE if exporting else 0.0,
                    changes=settings.TRACE_SAMPLE_CHANGES if exporting else 0.0,
                ),
                resource=resource(_service),
                shutdown_on_exit=False,
                span_limits=_LIMITS,
                id_generator=Ids(),
            )
            if exporting:
                _export_from(_provider)
            _tracer = _provider.get_tracer(SCOPE.name)
    return _tracer


def _export_from(made: TracerProvider) -> None:
    from core.tracing.encoding import Exporter
    from core.tracing.outbound import Outbound

    made.add_span_processor(
        Outbound(
            Exporter(endpoint=settings.JAEGER_ENDPOINT, timeout=EXPORT_SECONDS_MAX),
            folder=Path(settings.TRACE_OPEN_DIR),
            service=_service,
        )
    )


def _forget_parents() -> None:
    """A forked child has neither the thread of its parent nor any business with its queue."""
    global _provider, _tracer, _lock, _bits
    _bits = random.Random(os.urandom(16)).getrandbits  # noqa: S311  # ids, no secrets
    inherited, _provider, _tracer, _lock = _provider, None, None, threading.Lock()
    for processor in getattr(
        getattr(inherited, "_active_span_processor", None), "_span_processors", ()
    ):
        processor.abandon()


os.register_at_fork(after_in_child=_forget_parents)
atexit.register(stop)
