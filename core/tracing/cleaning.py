"""A span as it may leave the house: what must not be read is taken out of every text that was not made by us."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan

from core.tracing.redaction import redact, redacted

# Made from our own code's words, from patterns, or cleaned where they were made.
OURS = frozenset(
    {
        *("http.request.method", "http.route", "http.response.status_code", "url.scheme"),
        *("db.system.name", "db.namespace", "db.query.summary", "db.query.text"),
        *("server.address", "server.port", "peer.service", "error.type", "url.template"),
        *("messaging.system", "messaging.operation.name", "messaging.operation.type"),
        *("messaging.destination.name", "messaging.message.id", "rft.orphaned", "rft.refusal"),
    }
)


def cleaned(span: ReadableSpan) -> ReadableSpan:
    """The same span when there is nothing to take out."""
    attributes, events = span.attributes or {}, span.events
    theirs = {name for name, value in attributes.items() if name not in OURS and _is_text(value)}
    name = _name(span.name)
    if not theirs and not events and name == span.name:
        return span
    return ReadableSpan(
        name=name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_clean(attributes, theirs),
        events=[
            Event(
                event.name, _clean(event.attributes or {}, event.attributes or {}), event.timestamp
            )
            for event in events
        ],
        links=span.links,
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=span.status,
        start_time=span.start_time,
        end_time=span.end_time,
    )


def _is_text(value: Any) -> bool:
    return not isinstance(value, int | float)


def _clean(attributes: Mapping[str, Any], theirs: Any) -> dict[str, Any]:
    return {
        name: redacted(value) if name in theirs else value for name, value in attributes.items()
    }


@lru_cache(maxsize=1024)
def _name(name: str) -> str:
    return redact(name)
