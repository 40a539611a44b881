"""Spans leave through a bounded queue: nothing waits for the collector, and what is lost is counted (S82)."""

import time

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind
from prometheus_client import REGISTRY

from core.tracing import provider
from core.tracing.outbound import Outbound
from tests.core.tracing.collector import BlackHole, Collector

# One try at the black hole takes half a second, and there would be dozens of them.
WORK_SECONDS_MAX = 5.0


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"{name}_total", labels) or 0.0


@pytest.fixture
def way_out(tmp_path):
    """Makes a tracer whose spans go to that endpoint, and its processor."""
    made = []

    def make(endpoint: str, **options):
        outbound = Outbound(
            OTLPSpanExporter(endpoint=endpoint, timeout=0.5),
            folder=tmp_path,
            service="test",
            pause_seconds=0.02,
            **options,
        )
        tracers = TracerProvider(
            sampler=ALWAYS_ON, resource=provider.resource("test"), shutdown_on_exit=False
        )
        tracers.add_span_processor(outbound)
        made.append(outbound)
        return tracers.get_tracer("test"), outbound

    yield make
    for outbound in made:
        outbound.shutdown()


class TestOutbound:
    def test_sends_what_was_done(self, way_out):
        before = counted("trace_spans_exported")
        with Collector() as collector:
            tracer, outbound = way_out(collector.endpoint)
            for number in range(20):
                tracer.start_span(f"work {number % 2}").end()
            outbound.shutdown()

        assert len(collector.spans) == 20
        assert counted("trace_spans_exported") == before + 20

    def test_s82_keeps_no_more_than_its_queue_and_counts_the_rest(self, way_out):
        before = counted("trace_spans_dropped", reason="queue_full")
        with BlackHole() as collector:
            tracer, _ = way_out(collector.endpoint, queue_max=50)
            began = time.monotonic()
            for _ in range(2000):
                tracer.start_span("work").end()
            took = time.monotonic() - began

            assert took < WORK_SECONDS_MAX, "who works waits for nobody"
            assert counted("trace_spans_dropped", reason="queue_full") >= before + 1900

    def test_gives_up_in_seconds_when_the_process_ends(self, way_out):
        before = counted("trace_spans_dropped", reason="exit")
        with BlackHole() as collector:
            tracer, outbound = way_out(collector.endpoint)
            tracer.start_span("work").end()
            began = time.monotonic()
            outbound.shutdown()

            assert time.monotonic() - began < 5
            assert counted("trace_spans_dropped", reason="exit") == before + 1

    def test_sends_again_what_a_collector_in_trouble_refused(self, way_out):
        with Collector() as collector:
            collector.refusing = True
            tracer, outbound = way_out(collector.endpoint)
            tracer.start_span("work").end()
            assert not outbound.force_flush(300)
            collector.refusing = False
            outbound.shutdown()

        assert [span.name for span in collector.spans] == ["work"]


class TestCleaned:
    def test_takes_what_must_not_be_read_out_of_every_text(self, way_out):
        with Collector() as collector:
            tracer, outbound = way_out(collector.endpoint)
            span = tracer.start_span(
                "GET /bookings/0123456789abcdef/",
                kind=SpanKind.SERVER,
                attributes={"said": "ann@example.org", "rft.booking": "01a20782-bc2e-7050"},
            )
            span.add_event("exception", {"exception.message": "card 4242424242424242"})
            span.end()
            outbound.shutdown()

        dump = b"".join(collector.raw)
        assert b"0123456789abcdef" not in dump
        assert b"ann@example.org" not in dump
        assert b"4242424242424242" not in dump
        assert b"01a20782-bc2e-7050" in dump
