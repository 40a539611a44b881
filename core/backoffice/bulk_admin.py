"""Bulk actions: what was asked, how far it is, and what could not be done and why."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.generic import TemplateView
from unfold.decorators import display
from unfold.views import UnfoldModelAdminViewMixin

from core.backoffice import bulk, people
from core.backoffice.models import BulkRun
from core.backoffice.readonly import ReadOnlyAdmin

RESULTS_SHOWN = 200
UNDER_WAY, DONE, PARTLY = "Under way", "Done", "Done, with some refused"


@admin.register(BulkRun)
class BulkRunAdmin(ReadOnlyAdmin):
    list_display = ("asked_at", "what", "standing", "count", "reason")
    ordering = ("-asked_at",)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self.admin_site.admin_view(ResultPage.as_view(model_admin=self))(
            request, run_id=object_id
        )

    @admin.display(description="What")
    def what(self, run: BulkRun) -> str:
        return words_of(run)

    @admin.display(description="Of how many")
    def count(self, run: BulkRun) -> str:
        return f"{len(run.results):,} of {len(run.keys):,}"

    @display(description="State", label={UNDER_WAY: "info", DONE: "success", PARTLY: "warning"})
    def standing(self, run: BulkRun) -> str:
        return standing_of(run)


class ResultPage(UnfoldModelAdminViewMixin, TemplateView):
    permission_required = "backoffice.view_bulkrun"
    template_name = "backoffice/admin/bulk.html"
    title = "Bulk action"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        try:
            run = get_object_or_404(BulkRun, pk=UUID(str(self.kwargs["run_id"])))
        except ValueError:
            run = get_object_or_404(BulkRun, pk=None)
        act = bulk.act_of(run)
        refused_first = sorted(run.results, key=lambda each: each[1])
        return super().get_context_data(**kwargs) | {
            "run": run,
            "words": words_of(run),
            "standing": standing_of(run),
            "by": people.names([run.actor], self.request)[run.actor],
            "total": len(run.keys),
            "went_well": sum(well for _, well, _ in run.results),
            "refused": sum(not well for _, well, _ in run.results),
            "results": [
                (act.page(key) if act else "", well, said)
                for key, well, said in refused_first[:RESULTS_SHOWN]
            ],
            "more": max(0, len(run.results) - RESULTS_SHOWN),
            "back": reverse("admin:backoffice_bulkrun_changelist"),
        }


def words_of(run: BulkRun) -> str:
    act = bulk.act_of(run)
    return act.words if act else run.act


def standing_of(run: BulkRun) -> str:
    if run.finished_at is None:
        return UNDER_WAY
    return DONE if all(well for _, well, _ in run.results) else PARTLY


def result_url(run: BulkRun) -> str:
    return reverse("admin:backoffice_bulkrun_change", args=[run.pk])
