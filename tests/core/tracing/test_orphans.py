"""Spans that their process could not end are found by another process, sent as ended, and counted."""

import os
import signal
import subprocess
import sys
import time

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from prometheus_client import REGISTRY

from core.tracing import orphans, outbound, provider
from core.tracing.orphans import SLOTS, Ledger, estates
from tests.core.tracing.collector import Collector, values

VICTIM = """
import os, signal
import django
django.setup()
from core.tracing import spans
with spans.span("process outer"):
    with spans.span("step inner"):
        third = spans.span("third")
        third.__enter__()
        os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(collector: Collector, folder) -> None:
    """A process that is killed in the middle of three spans."""
    done = subprocess.run(
        [sys.executable, "-c", VICTIM],
        env={
            **os.environ,
            "JAEGER_ENDPOINT": collector.endpoint,
            "TRACE_SAMPLE": "1",
            "TRACE_OPEN_DIR": str(folder),
        },
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL


def started(collector: Collector, folder) -> outbound.Outbound:
    return outbound.Outbound(
        OTLPSpanExporter(endpoint=collector.endpoint, timeout=1),
        folder=folder,
        service="finder",
        pause_seconds=0.02,
    )


def counted(reason: str) -> float:
    name = "trace_orphaned_spans_total"
    return REGISTRY.get_sample_value(name, {"reason": reason}) or 0.0


class TestKilled:
    def test_leaves_spans_that_the_next_process_ends(self, tmp_path):
        before = counted("killed")
        with Collector() as collector:
            killed(collector, tmp_path)
            finder = started(collector, tmp_path)
            finder.force_flush(5000)
            _wait(lambda: len(collector.spans) == 3)
            finder.shutdown()

        by_name = {each.name: each for each in collector.received}
        outer, inner = by_name["process outer"].span, by_name["step inner"].span
        assert inner.parent_span_id == outer.span_id
        assert inner.trace_id == outer.trace_id
        assert values(outer.attributes)["rft.orphaned"] == "killed"
        assert outer.end_time_unix_nano >= outer.start_time_unix_nano
        assert by_name["process outer"].service == "rft-command"
        assert counted("killed") == before + 3
        assert list(tmp_path.iterdir()) == []

    def test_are_found_once_however_many_look(self, tmp_path):
        with Collector() as collector:
            killed(collector, tmp_path)
            finders = [started(collector, tmp_path) for _ in range(4)]
            _wait(lambda: len(collector.spans) >= 3)
            for finder in finders:
                finder.shutdown()

        assert len(collector.spans) == 3


class TestLedger:
    def test_is_nobodys_estate_while_its_process_lives(self, tmp_path):
        ledger = Ledger(tmp_path, "here")

        assert list(estates(tmp_path)) == []
        ledger.close()
        assert list(tmp_path.iterdir()) == []

    def test_works_without_a_folder_to_write_to(self, tmp_path):
        (tmp_path / "file").write_text("")
        ledger = Ledger(tmp_path / "file", "here")
        span = _tracer().start_span("work")

        ledger.begin(span)
        assert ledger.open == {span.context.span_id: span}
        ledger.end(span.context.span_id, time.time_ns())
        assert ledger.open == {}

    def test_forgets_no_span_for_want_of_slots(self, tmp_path):
        ledger, tracer = Ledger(tmp_path, "here"), _tracer()
        spans = [tracer.start_span("work") for _ in range(SLOTS + 10)]
        for span in spans:
            ledger.begin(span)
        assert len(ledger.open) == SLOTS + 10
        for span in spans:
            ledger.end(span.context.span_id, time.time_ns())

        assert ledger.open == {}
        ledger.close()

    @pytest.mark.parametrize("content", [b"", b"x" * 100, b"\0" * orphans._SIZE])
    def test_makes_nothing_of_a_file_that_is_none(self, tmp_path, content):
        (tmp_path / "old.open").write_bytes(content)

        assert [estate.orphans for estate in estates(tmp_path)] in ([], [[]])


class TestOverdue:
    def test_is_ended_and_counted(self, tmp_path, monkeypatch):
        before = counted("overdue")
        monkeypatch.setattr(outbound, "SPAN_SECONDS_MAX", 0.0)
        monkeypatch.setattr(outbound, "LOOK_AROUND_SECONDS", 0.0)
        with Collector() as collector:
            finder = started(collector, tmp_path)
            tracers = TracerProvider(
                sampler=ALWAYS_ON, resource=provider.resource("test"), shutdown_on_exit=False
            )
            tracers.add_span_processor(finder)
            tracers.get_tracer("test").start_span("forgotten")
            _wait(lambda: collector.spans)
            finder.shutdown()

        assert values(collector.spans[0].attributes)["rft.orphaned"] == "overdue"
        assert counted("overdue") == before + 1


def _tracer():
    return TracerProvider(sampler=ALWAYS_ON, shutdown_on_exit=False).get_tracer("test")


def _wait(reached, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < until, "it has not come"
        time.sleep(0.02)
