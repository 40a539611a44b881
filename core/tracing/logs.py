"""Log lines as JSON, one for each fact, with the trace that it belongs to and nothing personal in it.

Whatever is logged, by whomever, a line is valid JSON, is one line, and is no longer than LINE_BYTES_MAX.
"""

import datetime as dt
import json
import logging
from collections.abc import Iterable
from typing import Any

import structlog
from opentelemetry import trace
from structlog.types import EventDict, Processor

from core.tracing import failures, propagation, work
from core.tracing.redaction import redacted

LINE_BYTES_MAX = 16_384
EVENT_LENGTH_MAX = 500
_ALWAYS = ("event", "level", "logger", "at", "trace_id", "span_id", "request_id", "task")
_LIBRARIES = {
    "django": "NOTSET",
    "django.request": "ERROR",
    "django.server": "WARNING",
    "urllib3": "WARNING",
    "stripe": "WARNING",
    "celery": "WARNING",
    "kombu": "WARNING",
    # The collector being away is told by `outbound`, once; its libraries would tell it at each try.
    "opentelemetry": "CRITICAL",
}


class Lines(structlog.stdlib.ProcessorFormatter):
    """A record that can't be put into words (`"%d" % "x"`) is still a line, and says so."""

    def format(self, record: logging.LogRecord) -> str:
        try:
            if "_logger" in record.__dict__ and isinstance(record.msg, dict):
                return _as_line(None, "", record.msg)  # our own facts have been through all of it
            return super().format(record)
        except Exception as error:
            return json.dumps(
                {
                    "event": "log_line_failed",
                    "level": record.levelname.lower(),
                    "logger": record.name,
                    "error": type(error).__name__,
                    "place": f"{record.pathname}:{record.lineno}",
                }
            )


def configuration(*, level: str, levels: Iterable[str] = ()) -> dict[str, Any]:
    """Django's LOGGING: every logger's lines, our own and the libraries', through the same processors.

    `levels` are "logger=LEVEL" for some of them.
    """
    chosen = _LIBRARIES | dict(each.split("=", 1) for each in levels if "=" in each)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": Lines,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _as_line,
                ],
                "foreign_pre_chain": _processors(),
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            name: {"handlers": [], "level": its.strip().upper(), "propagate": True}
            for name, its in chosen.items()
        },
    }


def configure() -> None:
    """structlog's side of it: our loggers hand their facts to the standard library's."""
    logging.captureWarnings(True)
    # What no line tells need not be found out for each.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def tell(logger: logging.Logger, event: str, facts: dict[str, Any]) -> None:
    """One line of facts that hold nothing to take out: numbers, codes, patterns, what was redacted already.

    Each request pays for its own, so that this one goes straight to the handlers.
    """
    if not logger.isEnabledFor(logging.INFO):
        return
    said = {"event": event, **facts, "level": "info", "logger": logger.name, "at": _now()}
    record = logging.LogRecord(
        logger.name, logging.INFO, "", 0, _add_trace(None, "", said), None, None
    )
    record._logger, record._name = logger, "info"  # as structlog marks its own
    logger.handle(record)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")


def _processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        _drop_sql_and_arguments,
        structlog.stdlib.PositionalArgumentsFormatter(),
        _tell_failure,
        _redact,
        # From here on what we made ourselves.
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _add_trace,
    ]


def _drop_sql_and_arguments(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A library's record carries whole requests and statements as extras; only its words are kept."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        return {name: event[name] for name in event if name not in ("request", "sql", "params")}
    return event


def _tell_failure(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """An exception as `failures` tells it: without variables, and without words that quote people."""
    error = event.pop("exc_info", None)
    if isinstance(error, tuple):
        error = error[1]
    elif error is True:
        import sys

        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["exception"] = failures.told(error)
    return event


def _add_trace(_logger: Any, _method: str, event: EventDict) -> EventDict:
    tally = work.current()
    if tally is not None:
        event.update(tally.named)
    here = propagation.here()
    if here is not None:
        event["trace_id"] = trace.format_trace_id(here.trace_id)
        event["span_id"] = trace.format_span_id(here.span_id)
    return event


def _redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {
        name: value if name.startswith("_") else redacted(value) for name, value in event.items()
    }


def _as_line(_logger: Any, _method: str, event: EventDict) -> str:
    """ASCII only, so that nothing in it ends the line or moves a terminal's cursor."""
    line = _encoded(event)
    if len(line) <= LINE_BYTES_MAX:
        return line
    short = {name: event[name] for name in _ALWAYS if name in event}
    short["event"] = str(short.get("event", ""))[:EVENT_LENGTH_MAX]
    return _encoded({**short, "cut_bytes": len(line)})


def _kind(value: Any) -> str:
    return f"<{type(value).__name__}>"


_encoded = json.JSONEncoder(default=_kind).encode
