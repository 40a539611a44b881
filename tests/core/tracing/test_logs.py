"""Log lines: JSON, one for each fact, traced, and clean, whoever writes them."""

import io
import json
import logging
import logging.config

import pytest
import structlog

from core.tracing import logs, propagation


@pytest.fixture
def lines():
    """The product's own logging, into memory."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    configuration = logs.configuration(level="INFO")["formatters"]["json"]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=configuration["processors"],
            foreign_pre_chain=configuration["foreign_pre_chain"],
        )
    )
    logger = logging.getLogger("test.lines")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)

    def read() -> list[dict]:
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    yield read
    logger.handlers, logger.propagate = [], True


class TestOurOwnLines:
    def test_are_facts_with_the_trace(self, lines):
        with propagation.attach(None):
            structlog.get_logger("test.lines").info("booking_confirmed", booking="1", places=2)
            trace_id = propagation.trace_id()

        (line,) = lines()
        assert (line["event"], line["booking"], line["places"]) == ("booking_confirmed", "1", 2)
        assert (line["trace_id"], line["level"], line["logger"]) == (trace_id, "info", "test.lines")
        assert line["at"].endswith("Z")

    def test_hold_nothing_personal(self, lines):
        structlog.get_logger("test.lines").info(
            "mail_tried",
            to="ann@example.org",
            path="/bookings/0123456789abcdef/",
            card="4242424242424242",
        )

        (line,) = lines()
        assert (line["to"], line["path"], line["card"]) == (
            "[email]",
            "/bookings/[token]/",
            "[number]",
        )

    @pytest.mark.parametrize(
        "hostile", ["a\nb", "\x1b[31mred", '"}{"event":"x"}', "%s %d {}", "\x00"]
    )
    def test_stay_one_line_whatever_they_hold(self, lines, hostile):
        structlog.get_logger("test.lines").info("request", agent=hostile)

        (line,) = lines()
        assert line["agent"] == hostile

    def test_show_an_error_without_its_variables(self, lines):
        def fail() -> None:
            secret = "hunter2"
            raise ValueError(f"bad {len(secret)} for ann@example.org")

        try:
            fail()
        except ValueError:
            structlog.get_logger("test.lines").exception("request_failed")

        (line,) = lines()
        assert "hunter2" not in json.dumps(line)
        assert "ann@" not in json.dumps(line)
        assert line["exception"][0]["type"] == "ValueError"


class TestLinesOfLibraries:
    def test_are_the_same_kind(self, lines):
        logging.getLogger("test.lines").warning("Not Found: %s", "/bookings/0123456789abcdef/")

        (line,) = lines()
        assert line["event"] == "Not Found: /bookings/[token]/"
        assert line["level"] == "warning"
