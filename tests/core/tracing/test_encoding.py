"""Our encoder says what OpenTelemetry's own says, to the letter."""

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

from core.tracing import failures, propagation, provider
from core.tracing.encoding import encoded

PARENT = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}


@pytest.fixture
def spans():
    kept = InMemorySpanExporter()
    tracers = TracerProvider(
        sampler=ALWAYS_ON, resource=provider.resource("test"), shutdown_on_exit=False
    )
    tracers.add_span_processor(SimpleSpanProcessor(kept))
    tracer = tracers.get_tracer("react_fast_training")
    for kind in SpanKind:
        tracer.start_span(f"kind {kind.name}", kind=kind).end()
    with tracer.start_as_current_span("outer") as outer:
        facts = {"text": "é", "one": 1, "true": True, "half": 0.5, "zero": 0, "false": False}
        inner = tracer.start_span("inner", attributes=facts, links=[Link(outer.get_span_context())])
        failures.note(inner, RuntimeError("x"))
        inner.end()
        tracer.start_span("well").set_status(Status(StatusCode.OK))
    state = propagation.stored(PARENT | {"tracestate": "a=b,c=d"})
    tracer.start_span("continued", state).end()
    return kept.get_finished_spans()


class TestEncoded:
    def test_is_what_the_library_makes(self, spans):
        ours = ExportTraceServiceRequest.FromString(encoded(spans))
        theirs = ExportTraceServiceRequest.FromString(encode_spans(spans).SerializeToString())

        assert len(spans) == 8
        (mine,), (its,) = ours.resource_spans, theirs.resource_spans
        assert mine.resource == its.resource
        assert list(mine.scope_spans[0].spans) == list(its.scope_spans[0].spans)
