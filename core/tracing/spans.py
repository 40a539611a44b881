"""Pieces of work as spans. Names are few and hold no ids; ids and codes are attributes; nothing personal is either.

An error that leaves the block is put on the span, unless it is a refusal: a declined card is an answer.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind

from core.tracing import failures, propagation, provider, work

__all__ = ["Span", "SpanKind", "client", "continued", "gateway", "server", "span", "with_facts"]

# Stripe's ids are a short word, an underscore and what nobody can spell (pi_3Q…, ctoken_1…).
_IDS = re.compile(r"^[a-z]+_[A-Za-z0-9_]*[A-Z0-9][A-Za-z0-9_]*$|^[0-9]+$")
Attributes = Mapping[str, str | int | bool | float]


@contextmanager
def span(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes | None = None,
    *,
    context: Context | None = None,
    links: tuple[Link, ...] = (),
) -> Iterator[Span]:
    """One piece of work inside the present trace."""
    made = provider.begin(name, context, kind, {**_facts(context), **(attributes or {})}, links)
    with propagation.attached(trace.set_span_in_context(made, context)):
        try:
            yield made
        except BaseException as error:
            failures.note(made, error)
            raise
        finally:
            made.end()


@contextmanager
def continued(
    stored: Mapping[str, Any] | None,
    name: str,
    kind: SpanKind = SpanKind.CONSUMER,
    attributes: Attributes | None = None,
) -> Iterator[Span]:
    """Work that another process, or this one earlier, left behind: in the trace of who left it.

    Where that is another trace than the one it is found in, a link says who found it.
    """
    here, left = propagation.here(), propagation.stored(stored)
    if left is None or _same_trace(left, here):
        with span(name, kind, attributes) as made:
            yield made
        return
    links = (Link(here),) if here else ()
    with span(name, kind, attributes, context=left, links=links) as made:
        yield made


def server(
    carrier: Mapping[str, str], name: str, attributes: Attributes, *, trusted: bool
) -> AbstractContextManager[Span]:
    """A request: it continues the trace of a caller that is one of ours, else begins one that links to the caller's.

    Of a stranger's baggage nothing is kept.
    """
    caller = propagation.stored(carrier) if carrier else None
    if caller is None:
        return span(name, SpanKind.SERVER, attributes, context=Context())
    if trusted:
        return span(name, SpanKind.SERVER, attributes, context=caller)
    links = (Link(trace.get_current_span(caller).get_span_context()),)
    return span(name, SpanKind.SERVER, attributes, context=Context(), links=links)


@contextmanager
def client(name: str, peer: str, attributes: Attributes | None = None) -> Iterator[Span]:
    """A call to somebody else, named so that Jaeger draws it on the map; only inside a span that is recorded."""
    if not trace.get_current_span().is_recording():
        yield trace.INVALID_SPAN
        return
    with span(name, SpanKind.CLIENT, {"peer.service": peer, **(attributes or {})}) as made:
        yield made


@contextmanager
def gateway(method: str, url: str) -> Iterator[Span]:
    """A request to the payment gateway. Its address is told with `{id}` where an id stands, its query not at all."""
    parts = urlsplit(url)
    template = "/".join(_IDS.sub("{id}", part) for part in parts.path.split("/"))
    attributes: Attributes = {
        "http.request.method": method,
        "url.template": template,
        "server.address": parts.hostname or "",
        "server.port": parts.port or (443 if parts.scheme == "https" else 80),
    }
    with work.timed(work.GATEWAY), client(f"{method} {template}", "stripe", attributes) as made:
        yield made


@contextmanager
def with_facts(**facts: str) -> Iterator[None]:
    """Baggage: ids that belong to all that follows, here and in other processes, such as the booking's."""
    trace.get_current_span().set_attributes(_named(facts))
    with propagation.attached(propagation.with_baggage(facts)):
        yield


def _facts(context: Context | None) -> dict[str, str]:
    return _named(propagation.carried(context))


def _named(facts: Mapping[str, str]) -> dict[str, str]:
    return {f"rft.{name}": value for name, value in facts.items()}


def _same_trace(left: Context, here: trace.SpanContext | None) -> bool:
    return (
        here is not None
        and trace.get_current_span(left).get_span_context().trace_id == here.trace_id
    )
