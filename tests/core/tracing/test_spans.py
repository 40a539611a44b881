"""Spans reach a collector when one is named, complete and clean; nothing waits for one that is away."""

import os
import subprocess
import sys
import time

import pytest
from django.db import connection

from core.tracing import provider
from tests.core.tracing.collector import Collector

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def play(endpoint: str) -> float:
    """Run the scene in a process of its own; how long it took."""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "tests.core.tracing.scene", PARENT],
        env={
            **os.environ,
            "JAEGER_ENDPOINT": endpoint,
            "TRACE_SAMPLE": "1",
            "DB_NAME": connection.settings_dict["NAME"],
        },
        check=True,
        timeout=180,
    )
    return time.monotonic() - began


@pytest.fixture(scope="module")
def collector(django_db_setup, django_db_blocker):
    with Collector() as running, django_db_blocker.unblock():
        play(running.endpoint)
        yield running


@pytest.mark.django_db(transaction=True)
class TestExport:
    def test_names_requests_by_method_and_route(self, collector):
        names = {span.name for span in collector.spans}

        assert {"GET /livez", "GET /bookings/<str:token>/"} <= names

    def test_links_to_a_strangers_trace_and_does_not_join_it(self, collector):
        (request,) = [span for span in collector.spans if span.name == "GET /livez"]

        assert request.trace_id.hex() != TRACE
        assert [link.trace_id.hex() for link in request.links] == [TRACE]
        assert not request.parent_span_id

    def test_joins_query_and_task_to_the_trace_they_belong_to(self, collector):
        joined = [span.name for span in collector.spans if span.trace_id.hex() == TRACE]

        assert "process react_fast_training.follow" in joined
        assert any("SELECT" in name for name in joined)

    def test_holds_nothing_that_must_not_be_read(self, collector):
        dump = b"".join(collector.raw)

        assert dump
        assert b"SECRET" not in dump
        assert b"ann@example.org" not in dump


@pytest.mark.django_db(transaction=True)
class TestWithoutACollector:
    def test_nothing_waits_long(self):
        assert play("http://127.0.0.1:9/v1/traces") < 120

    def test_nothing_is_started(self):
        assert not provider.start("web")
