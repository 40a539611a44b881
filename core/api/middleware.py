"""The rim of the API and of the pages: what escapes a view still leaves as a problem, or as a page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import select_template

from core.api import problems
from core.api.exceptions import as_refusal
from core.errors import Refusal
from core.tracing.links import is_staff, trace_url

API_PREFIX = "/api/"
CODES = {
    400: "malformed",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    500: "internal_error",
}


class RefusalMiddleware:
    """Refusals of plain views become their status; errors below /api/ are always problem documents."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(API_PREFIX) and _is_foreign_error(response):
            return _as_problem(response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        refusal = as_refusal(exception)
        if refusal is None:
            return None
        if request.path.startswith(API_PREFIX):
            return problems.response(problems.of_refusal(refusal), problems.headers_of(refusal))
        return refusal_page(request, refusal)


def refusal_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The page of a refusal's status: `errors/<status>.html`, else `<status>.html`, else its words alone."""
    status = problems.status_of(refusal)
    trace_id = problems.trace_id()
    context = {
        "refusal": refusal,
        "status": status,
        "reference": trace_id,
        "trace_url": trace_url(trace_id) if is_staff(request) else "",
    }
    try:
        template = select_template(
            [f"errors/{status}.html", f"{status}.html", "errors/refusal.html"]
        )
        body, content_type = template.render(context, request), "text/html; charset=utf-8"
    except TemplateDoesNotExist:
        body, content_type = refusal.detail, "text/plain; charset=utf-8"
    return HttpResponse(
        body, status=status, content_type=content_type, headers=problems.headers_of(refusal)
    )


def _is_foreign_error(response: HttpResponse) -> bool:
    content_type = response.headers.get("Content-Type", "")
    return response.status_code >= 400 and not content_type.startswith(problems.CONTENT_TYPE)


def _as_problem(response: HttpResponse) -> HttpResponse:
    status = response.status_code
    members = problems.problem(status=status, code=CODES.get(status, "refused"))
    kept = {
        name: response.headers[name]
        for name in ("Allow", "Retry-After")
        if name in response.headers
    }
    return problems.response(members, kept)
