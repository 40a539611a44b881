"""Small views to knock at, and spans to look at without a collector."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from core.tracing import provider
from tests.core.doors import doors

__all__ = ["doors", "recorded"]


@pytest.fixture
def recorded(monkeypatch):
    """Every span that this process ends from now on, by a call: `recorded()`."""
    kept = InMemorySpanExporter()
    tracers = TracerProvider(
        sampler=provider.Shares(reads=1.0, changes=1.0), shutdown_on_exit=False
    )
    tracers.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(provider, "_tracer", tracers.get_tracer("tests"))
    return kept.get_finished_spans
