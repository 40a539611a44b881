"""The back office's site: Unfold's, with a strict policy header, our first page and a search that stays small."""

from functools import wraps
from typing import Any

from csp.decorators import csp_update
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from unfold.dataclasses import SearchResult
from unfold.sites import UnfoldAdminSite

from core import clock, formats
from core.backoffice import today

SEARCH_LENGTH_MAX = 100
RESULTS_EACH = 5

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
        """A few rows of each list that can be searched. Nothing is cached: results may name people."""
        term = request.GET.get("s", "").replace("\0", "").strip()[:SEARCH_LENGTH_MAX]
        if not term:
            return HttpResponse()
        apps = self.get_app_list(request)
        rows = self._search_models(request, apps, term)
        results = rows + self._search_apps(apps, term.lower())
        page = Paginator(results, max(len(results), 1))
        context = {
            "page_obj": page,
            "results": page.page(1),
            "page_counter": 0,
            "execution_time": 0,
            "command_show_history": True,
        }
        return TemplateResponse(
            request,
            "unfold/helpers/command_results.html",
            context,
            headers={"HX-Trigger": "search"},
        )

    def _search_models(
        self,
        request: HttpRequest,
        app_list: list[dict[str, Any]],
        search_term: str,
        allowed_models: list[str] | None = None,
    ) -> list[SearchResult]:
        """At most RESULTS_EACH of a list, found as that list's own search finds them."""
        found = []
        for model in (model["model"] for app in app_list for model in app["models"]):
            model_admin = self._registry[model]
            if model_admin.get_search_fields(request):
                queryset, _ = model_admin.get_search_results(
                    request, model_admin.get_queryset(request), search_term
                )
                found += [self._result(row) for row in queryset[:RESULTS_EACH]]
        return found

    def _result(self, row: Any) -> SearchResult:
        name = f"{row._meta.app_label}_{row._meta.model_name}"
        return SearchResult(
            title=str(row),
            description=str(row._meta.verbose_name),
            link=reverse(f"{self.name}:{name}_change", args=[row.pk]),
            icon="arrow_forward",
        )
