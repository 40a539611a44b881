"""The page of an unexpected error: it tells the trace by which we find what happened."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from core.tracing import propagation
from core.tracing.links import is_staff, trace_url

PAGE = settings.BASE_DIR / "templates" / "500.html"
PLACE = "<!-- reference -->"


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500. Asks no template, no database and no session: they may be what failed."""
    trace_id = propagation.trace_id()
    url = trace_url(trace_id) if is_staff(request) else ""
    link = format_html(' · <a href="{}">open its trace</a>', url) if url else ""
    words = format_html("<p><small>Reference {}{}</small></p>", trace_id, link) if trace_id else ""
    return HttpResponse(PAGE.read_text().replace(PLACE, words), status=500)
