"""One line and one trace for each request; strangers do not choose our trace."""

import pytest

from tests.core import doors as views

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "tracestate": "a=b"}


@pytest.fixture
def line_of(doors, caplog):
    def line_of(path: str, **extra) -> dict:
        caplog.clear()
        doors.get(path, **extra)
        (record,) = [record for record in caplog.records if record.name == "request"]
        return record.msg

    with caplog.at_level("INFO", logger="request"):
        yield line_of


class TestTraceMiddleware:
    def test_tells_each_request_in_one_line(self, line_of):
        line = line_of("/plain/?email=ann@example.org")

        assert (line["method"], line["route"], line["status"]) == ("GET", "/plain/", 200)
        assert line["ms"] >= 0
        assert "ann" not in str(line)

    def test_tells_a_failure_too(self, line_of):
        views.answers.append(ZeroDivisionError())

        assert line_of("/plain/")["status"] == 500

    def test_gives_each_request_an_id_and_a_trace(self, doors):
        first, second = doors.get("/plain/"), doors.get("/plain/")

        assert len(first.headers["X-Request-ID"]) == 32
        assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]

    def test_begins_a_trace_for_a_stranger(self, line_of):
        line = line_of("/plain/", headers=PARENT)

        assert len(line["trace_id"]) == 32
        assert line["trace_id"] != TRACE

    def test_continues_the_trace_of_a_trusted_peer(self, line_of, settings):
        settings.TRACE_TRUSTED_PEERS = ["127.0.0.0/8"]

        assert line_of("/plain/", headers=PARENT)["trace_id"] == TRACE

    def test_shows_the_trace_in_a_problem(self, doors):
        views.answers.append(views.SoldOut())

        assert len(doors.get("/api/v1/raising/").json()["trace_id"]) == 32

    @pytest.mark.django_db
    @pytest.mark.parametrize("path", ["/livez", "/static/css/tokens.css"])
    def test_says_nothing_of_monitoring_and_files(self, doors, caplog, path):
        doors.get(path).close()

        assert not [record for record in caplog.records if record.name == "request"]
