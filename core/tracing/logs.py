"""Log lines as JSON, one for each fact, with the trace that it belongs to and nothing personal in it."""

import logging
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.types import EventDict, Processor

from core.tracing import propagation
from core.tracing.redaction import redacted


def configuration(*, level: str) -> dict[str, Any]:
    """Django's LOGGING: every logger's lines, our own and the libraries', through the same processors."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(default=repr),
                ],
                "foreign_pre_chain": _processors(),
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "NOTSET", "propagate": True},
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "urllib3": {"level": "WARNING"},
            "stripe": {"level": "WARNING"},
        },
    }


def configure() -> None:
    """structlog's side of it: our loggers hand their facts to the standard library's."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _drop_sql_and_arguments,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.ExceptionRenderer(
            ExceptionDictTransformer(show_locals=False, max_frames=30)
        ),
        _add_trace,
        _redact,
    ]


def _drop_sql_and_arguments(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A library's record carries whole requests and statements as extras; only its words are kept."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        return {name: event[name] for name in event if name not in ("request", "sql", "params")}
    return event


def _add_trace(_logger: Any, _method: str, event: EventDict) -> EventDict:
    trace_id = propagation.trace_id()
    if trace_id:
        event["trace_id"] = trace_id
        event["span_id"] = propagation.span_id()
    return event


def _redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    kept = {name: event[name] for name in event if name.startswith("_")}
    told = {name: redacted(event[name]) for name in event if not name.startswith("_")}
    return {**told, **kept}
