"""The back office's site: Unfold's, with a strict policy header, our first page and a search that stays small."""

from functools import wraps
from typing import Any

from csp.decorators import csp_update
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from unfold.dataclasses import SearchResult
from unfold.sites import UnfoldAdminSite

from core import clock, formats
from core.backoffice import bands, finding, today

SEARCH_LENGTH_MAX = 100
RESULTS_EACH = 5
RESULTS_ON_PAGE = 20

# Unfold writes its colours into the page; scripts stay ours alone.
staff_policy = csp_update({"style-src": "'unsafe-inline'"})


def in_uk_time(view: Any) -> Any:
    """All times that staff see and type are UK time, also in templates that render after the view."""

    @wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with timezone.override(formats.UK):
            answer = view(request, *args, **kwargs)
            return answer.render() if isinstance(answer, SimpleTemplateResponse) else answer

    return inside


class BackOfficeSite(UnfoldAdminSite):
    index_title = "Today"
    index_template = "admin/backoffice/today.html"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return staff_policy(in_uk_time(super().admin_view(view, cacheable)))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {"bands": bands.shown(request)}

    @method_decorator(staff_policy)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().login(request, extra_context)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        page = today.page(request, clock.now())
        return super().index(request, {**page, **(extra_context or {})})

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """For the box that opens over a page, a few rows of each kind; else a page of its own with more.

        Nothing is cached: results may name people.
        """
        term = request.GET.get("s", "").replace("\0", "").strip()[:SEARCH_LENGTH_MAX]
        if "extended" in request.GET:
            return self._search_box(request, term)
        groups = finding.find(request, term, RESULTS_ON_PAGE) if term else []
        context = {
            **self.each_context(request),
            "title": "Find",
            "term": term,
            "groups": groups,
            "each": RESULTS_ON_PAGE,
        }
        return TemplateResponse(request, "backoffice/admin/search.html", context)

    def _search_box(self, request: HttpRequest, term: str) -> HttpResponse:
        if not term:
            return HttpResponse()
        groups = finding.find(request, term, RESULTS_EACH)
        results = [
            SearchResult(title=row.title, description=row.detail, link=row.url, icon=row.icon)
            for group in groups
            for row in group.rows
        ]
        results += self._search_apps(self.get_app_list(request), term.lower())
        page = Paginator(results, max(len(results), 1))
        context = {
            "page_obj": page,
            "results": page.page(1),
            "page_counter": 0,
            "command_show_history": True,
            "term": term,
        }
        return TemplateResponse(
            request,
            "unfold/helpers/command_results.html",
            context,
            headers={"HX-Trigger": "search"},
        )
