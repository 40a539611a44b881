"""One line and one trace for each request; strangers do not choose our trace."""

import pytest
from structlog.testing import capture_logs

from core.tracing import propagation
from tests.core import doors as views

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "tracestate": "a=b"}


def line_of(client, path: str, **extra) -> dict:
    with capture_logs(processors=[_add_trace]) as lines:
        client.get(path, **extra)
    (line,) = [line for line in lines if line["event"] == "request"]
    return line


def _add_trace(_logger, _method, event):
    return event | {"trace_id": propagation.trace_id()}


class TestTraceMiddleware:
    def test_tells_each_request_in_one_line(self, doors):
        line = line_of(doors, "/plain/?email=ann@example.org")

        assert (line["method"], line["route"], line["status"]) == ("GET", "/plain/", 200)
        assert line["ms"] >= 0
        assert "ann" not in str(line)

    def test_tells_a_failure_too(self, doors):
        views.answers.append(ZeroDivisionError())

        assert line_of(doors, "/plain/")["status"] == 500

    def test_gives_each_request_an_id_and_a_trace(self, doors):
        first, second = doors.get("/plain/"), doors.get("/plain/")

        assert len(first.headers["X-Request-ID"]) == 32
        assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]

    def test_begins_a_trace_for_a_stranger(self, doors):
        line = line_of(doors, "/plain/", headers=PARENT)

        assert len(line["trace_id"]) == 32
        assert line["trace_id"] != TRACE

    def test_continues_the_trace_of_a_trusted_peer(self, doors, settings):
        settings.TRACE_TRUSTED_PEERS = ["127.0.0.0/8"]

        assert line_of(doors, "/plain/", headers=PARENT)["trace_id"] == TRACE

    def test_shows_the_trace_in_a_problem(self, doors):
        views.answers.append(views.SoldOut())

        assert len(doors.get("/api/v1/raising/").json()["trace_id"]) == 32

    @pytest.mark.parametrize("path", ["/livez", "/static/css/tokens.css"])
    def test_says_nothing_of_monitoring_and_files(self, doors, path):
        with capture_logs() as lines:
            doors.get(path).close()

        assert not [line for line in lines if line["event"] == "request"]
