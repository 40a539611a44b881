"""S83: whatever is logged, by whomever, is one line of valid JSON of bounded length, and in it nobody is named."""

import datetime as dt
import decimal
import io
import json
import logging
import uuid

import pytest
import structlog
from django.db import IntegrityError

from core.tracing import logs
from core.tracing.logs import LINE_BYTES_MAX

HOSTILE = [
    "a\nb",
    "a\r\nb",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    '"}{"event":"forged"}',
    "%s %d %(x)s %",
    "{} {0} {x!r} {",
    "${jndi:ldap://x}",
    "\x00\x01\x7f\x80\x9b31m",
    "\u2028\u2029\u0085\u000b\u000c",
    "\u202etxt.exe",
    "\ud800 lone",
    "<script>alert(1)</script>",
    "' OR 1=1; --",
    "🙂" * 50,
    "x" * 1_000_000,
    "%0d%0aSet-Cookie: x=1",
    "\t\t\t",
    "",
]


@pytest.fixture
def lines():
    """The product's own logging, into memory, from the root of it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    formatter = dict(logs.configuration(level="DEBUG")["formatters"]["json"])
    handler.setFormatter(formatter.pop("()")(**formatter))
    logger = logging.getLogger("test.corpus")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.DEBUG)
    # What pytest keeps for its report goes to another process, which takes no half characters.
    kept = [each for each in logging.getLogger().handlers if each is not handler]
    for each in kept:
        each.addFilter(not_ours)
    yield lambda: stream.getvalue().split("\n")
    for each in kept:
        each.removeFilter(not_ours)
    logger.handlers, logger.propagate = [], True


def not_ours(record: logging.LogRecord) -> bool:
    return record.name != "test.corpus"


def read_one(lines) -> dict:
    line, rest = lines()
    assert rest == "", "one line, ended by its newline"
    assert len(line) <= LINE_BYTES_MAX
    assert line.isascii()
    assert line.isprintable(), "nothing in it moves a terminal's cursor"
    return json.loads(line)


@pytest.mark.parametrize("hostile", HOSTILE)
class TestS83:
    def test_s83_a_value_of_ours(self, lines, hostile):
        structlog.get_logger("test.corpus").info("request", agent=hostile, path=hostile)

        assert read_one(lines)["event"] == "request"

    def test_s83_a_name_of_a_field(self, lines, hostile):
        structlog.get_logger("test.corpus").info("request", **{f"x{hostile}": 1, "_y": 2})

        assert read_one(lines)["event"] == "request"

    def test_s83_the_words_of_a_library(self, lines, hostile):
        logging.getLogger("test.corpus").warning(hostile)

        assert read_one(lines)["level"] == "warning"

    def test_s83_the_arguments_of_a_library(self, lines, hostile):
        logging.getLogger("test.corpus").warning("Not Found: %s (%r)", hostile, hostile)

        assert read_one(lines)["event"].startswith("Not Found: ")

    def test_s83_an_error(self, lines, hostile):
        try:
            raise RuntimeError(hostile)
        except RuntimeError:
            logging.getLogger("test.corpus").exception("it failed: %s", hostile)

        assert read_one(lines)["exception"][0]["type"] == "RuntimeError"


class TestALine:
    @pytest.mark.parametrize("words", ["%d places", "%s %s", "%(name)s", "100 %"])
    def test_that_cannot_be_put_into_words_says_so(self, words):
        """Formatted directly: pytest's own handler would raise before ours is asked."""
        formatter = dict(logs.configuration(level="DEBUG")["formatters"]["json"])
        record = logging.LogRecord("shop", logging.INFO, "shop.py", 7, words, ("one",), None)

        line = json.loads(formatter.pop("()")(**formatter).format(record))

        assert (line["event"], line["place"]) == ("log_line_failed", "shop.py:7")

    def test_is_cut_to_what_a_reader_needs_when_it_is_too_long(self, lines):
        fields = {f"field_{n}": "word " * 1000 for n in range(60)}
        structlog.get_logger("test.corpus").info("request", request_id="7", **fields)

        line = read_one(lines)
        assert (line["event"], line["request_id"]) == ("request", "7")
        assert line["cut_bytes"] > LINE_BYTES_MAX

    def test_stands_everything_that_is_no_plain_value(self, lines):
        class Person:
            def __repr__(self) -> str:
                return "Ann Smith"

        deep: list = []
        deep.append(deep)
        structlog.get_logger("test.corpus").info(
            "request",
            person=Person(),
            people={Person()},
            body=b"Ann Smith",
            deep=deep,
            nan=float("nan"),
            infinite=float("inf"),
            price=decimal.Decimal("1.50"),
            day=dt.date(2026, 11, 23),
            key=uuid.UUID(int=7),
            keys={("a", 1): "b", None: "c"},
        )

        line = read_one(lines)
        assert "Ann" not in json.dumps(line)
        assert line["person"] == "<Person>"
        assert (line["day"], line["price"]) == ("2026-11-23", "1.50")

    @pytest.mark.parametrize(
        "error",
        [
            ValueError("invalid literal for int() with base 10: 'Ann Smith'"),
            KeyError("Ann Smith"),
            RuntimeError("Ann Smith is not to be found"),
            IntegrityError("null value\nDETAIL:  Failing row contains (1, Ann Smith)."),
            IntegrityError('invalid input syntax for type integer: "Ann Smith"'),
            AssertionError("Ann Smith"),
        ],
    )
    def test_tells_of_an_error_where_it_was_and_quotes_nobody(self, lines, error):
        try:
            try:
                raise LookupError("Ann Smith, first")
            except LookupError as first:
                raise error from first
        except Exception:
            structlog.get_logger("test.corpus").exception("failed")

        line = read_one(lines)
        assert "Ann" not in json.dumps(line)
        assert [each["type"] for each in line["exception"]][-1] == "LookupError"
        assert "test_log_corpus.py" in line["exception"][0]["frames"][-1]

    def test_keeps_of_the_databases_words_what_names_the_schema(self, lines):
        error = IntegrityError(
            'duplicate key value violates unique constraint "payments_payment_open"\n'
            "DETAIL:  Key (name)=(Ann Smith) already exists."
        )
        try:
            raise error
        except IntegrityError:
            structlog.get_logger("test.corpus").exception("failed")

        words = read_one(lines)["exception"][0]["words"]
        assert 'constraint "payments_payment_open"' in words
        assert "Ann" not in words


class TestConfiguration:
    def test_sets_a_level_for_all_and_others_for_some(self):
        made = logs.configuration(level="WARNING", levels=["core.sagas=debug", "nonsense"])

        assert made["root"]["level"] == "WARNING"
        assert made["loggers"]["core.sagas"]["level"] == "DEBUG"
        assert "nonsense" not in made["loggers"]
