"""The headers of W3C Trace Context (level 1) and W3C Baggage: read strictly, written canonically.

A `traceparent` that breaks a rule is as if it were not there, and then `tracestate` is not even looked at; a
`tracestate` that breaks a rule is dropped whole. Of baggage only what can be an id or a code is kept.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from opentelemetry.trace import SpanContext, TraceFlags, TraceState

TRACEPARENT, TRACESTATE, BAGGAGE = "traceparent", "tracestate", "baggage"
HEADERS = (TRACEPARENT, TRACESTATE, BAGGAGE)

PARENT_LENGTH_MAX = 512
STATE_LENGTH_MAX = 8_192
STATE_MEMBERS_MAX = 32
BAGGAGE_LENGTH_MAX = 2_048
BAGGAGE_MEMBERS_MAX = 8
_OWS = " \t"
_PARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_STATE_MEMBER = re.compile(
    r"([a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})"
    r"=([\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e])"
)
_BAGGAGE_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,31}")
_BAGGAGE_VALUE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def parent_of(carrier: Mapping[str, str]) -> SpanContext | None:
    """The span that the headers name, or None."""
    header = carrier.get(TRACEPARENT, "")
    found = _PARENT.fullmatch(header.strip(_OWS)) if len(header) <= PARENT_LENGTH_MAX else None
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    if version == "ff" or (version == "00" and rest):
        return None
    if not int(trace_id, 16) or not int(span_id, 16):
        return None
    return SpanContext(
        trace_id=int(trace_id, 16),
        span_id=int(span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(int(flags, 16) & TraceFlags.SAMPLED),
        trace_state=_state_of(carrier.get(TRACESTATE, "")),
    )


def headers_of(span: SpanContext, baggage: Mapping[str, str]) -> dict[str, str]:
    """The headers that name this span; only flags that level 1 knows are set."""
    sampled = span.trace_flags & TraceFlags.SAMPLED
    headers = {TRACEPARENT: f"00-{span.trace_id:032x}-{span.span_id:016x}-{sampled:02x}"}
    if span.trace_state:
        headers[TRACESTATE] = span.trace_state.to_header()
    if baggage:
        headers[BAGGAGE] = ",".join(f"{name}={quote(value)}" for name, value in baggage.items())
    return headers


def baggage_of(carrier: Mapping[str, str]) -> dict[str, str]:
    """The members that may be kept, the first few of them."""
    header = carrier.get(BAGGAGE, "")
    if not header or len(header) > BAGGAGE_LENGTH_MAX:
        return {}
    kept: dict[str, str] = {}
    for member in header.split(","):
        name, _, value = member.partition(";")[0].partition("=")
        name, value = name.strip(_OWS), unquote(value.strip(_OWS))
        if is_baggage(name, value) and len(kept) < BAGGAGE_MEMBERS_MAX:
            kept[name] = value
    return kept


def is_baggage(name: str, value: str) -> bool:
    """Baggage goes far and is read by many: ids and codes, never words of a person."""
    return bool(_BAGGAGE_NAME.fullmatch(name) and _BAGGAGE_VALUE.fullmatch(value))


def _state_of(header: str) -> TraceState | None:
    if not header or len(header) > STATE_LENGTH_MAX:
        return None
    members: dict[str, str] = {}
    for member in filter(None, (each.strip(_OWS) for each in header.split(","))):
        found = _STATE_MEMBER.fullmatch(member)
        if found is None or found[1] in members:
            return None
        members[found[1]] = found[2]
    return TraceState(list(members.items())) if len(members) <= STATE_MEMBERS_MAX else None
