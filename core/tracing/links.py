"""The way from a row or a page to its trace: the address of a trace in Jaeger's pages."""

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from opentelemetry import trace

from core.tracing import propagation

SHORT = 8
_TRACE_ID = re.compile(r"[0-9a-f]{32}")


def trace_url(trace_id: str) -> str:
    """Where staff look at this trace; "" when JAEGER_UI names no place, or there is no trace."""
    if not settings.JAEGER_UI or not _TRACE_ID.fullmatch(trace_id or ""):
        return ""
    return f"{settings.JAEGER_UI}/trace/{trace_id}"


def trace_link(trace_id: str) -> SafeString | str:
    """The first letters of the trace's id, as a link to it where there is a place to look at it."""
    url = trace_url(trace_id)
    short = (trace_id or "")[:SHORT]
    if not url:
        return short
    words = '<a href="{}" target="_blank" rel="noopener" title="{}">trace {}</a>'
    return format_html(words, url, trace_id, short)


def stored_trace_id(stored: Mapping[str, Any] | None) -> str:
    """The trace that a stored context belongs to; "" for none."""
    context = propagation.stored(stored)
    if context is None:
        return ""
    return trace.format_trace_id(trace.get_current_span(context).get_span_context().trace_id)


def is_staff(request: HttpRequest) -> bool:
    """Whether somebody of the staff asks, as far as that is known already: nothing is looked up for it."""
    user = request.__dict__.get("_cached_user")
    return bool(user is not None and user.is_authenticated and user.is_staff)
