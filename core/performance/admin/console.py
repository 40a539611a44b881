"""Pages against their budgets, field vitals, statements, jobs, processes; suggestions with what they would bring."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.views.generic import FormView, TemplateView, View
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminTextareaWidget

from core import clock
from core.backoffice import people
from core.backoffice.readonly import ReadOnlyAdmin
from core.errors import Refusal
from core.performance import selectors, suggestions
from core.performance.admin import tables
from core.performance.models import Suggestion

CONSOLE = "admin:performance_suggestion_changelist"
PERIODS = {"day": ("24 hours", 1), "week": ("7 days", 7), "month": ("30 days", 30)}
ACTS = {
    "accept": (suggestions.accept, "On the list of what will be done."),
    "not-now": (suggestions.not_now, "It comes back in two weeks if it still holds."),
    "reopen": (suggestions.reopen, "Open again."),
    "released": (suggestions.release, "From the next full hour on it is measured."),
}


@admin.register(Suggestion)
class PerformanceAdmin(ReadOnlyAdmin):
    """Every page is one of ours."""

    def get_urls(self) -> list[URLPattern]:
        mine = [
            path("page/", self._page(OnePage), name="performance_page"),
            path("<int:key>/dismiss/", self._page(Dismiss), name="performance_suggestion_dismiss"),
            path("<int:key>/<slug:act>/", self._page(Act), name="performance_suggestion_act"),
        ]
        return [*mine, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self._page(Console)(request)

    def _page(self, page: type[View]) -> Any:
        return self.admin_site.admin_view(page.as_view(model_admin=self))


class _Measured(UnfoldModelAdminViewMixin, TemplateView):
    permission_required = "performance.view_suggestion"

    @property
    def chosen(self) -> str:
        wanted = self.request.GET.get("period", "day")
        return wanted if wanted in PERIODS else "day"

    def since(self, now: datetime) -> datetime:
        whole = now.replace(minute=0, second=0, microsecond=0)
        return whole - timedelta(days=PERIODS[self.chosen][1])

    def choices(self) -> dict[str, Any]:
        return {
            "period": self.chosen,
            "periods": [(key, words) for key, (words, _) in PERIODS.items()],
        }


class Console(_Measured):
    title = "Performance"
    template_name = "performance/admin/console.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = clock.now()
        period = selectors.period(since=self.since(now), until=now)
        return super().get_context_data(**kwargs) | {
            **self.choices(),
            **tables.of_suggestions(now=now),
            "may_act": self.request.user.has_perm("performance.change_suggestion"),
            "pages": tables.pages(period),
            "slow_pages": sum(line.over_budget > 1 for line in period.pages()),
            "vitals": tables.vitals(period),
            "statements": tables.statements(period),
            "tasks": period.tasks()[: tables.ROWS_MAX],
            "waits": period.waits(),
            "processes": tables.processes(period),
        }


class OnePage(_Measured):
    """One page or task by the hour."""

    template_name = "performance/admin/page.html"

    @property
    def title(self) -> str:
        return tables.called(*self._which())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kind, name = self._which()
        hours = selectors.by_hour(kind=kind, name=name, since=self.since(clock.now()))
        return super().get_context_data(**kwargs) | {
            **self.choices(),
            "kind": kind,
            "name": name,
            "hours": hours[::-1],
            "back": reverse(CONSOLE),
        }

    def _which(self) -> tuple[str, str]:
        kind, name = self.request.GET.get("kind", ""), self.request.GET.get("name", "")
        if kind not in ("page", "task") or not name or "\0" in name:
            raise Http404
        return kind, name[:200]


class Act(UnfoldModelAdminViewMixin, View):
    permission_required = "performance.change_suggestion"
    http_method_names = ["post"]
    title = ""

    def post(self, request: HttpRequest, key: int, act: str) -> HttpResponse:
        if act not in ACTS:
            raise Http404
        service, words = ACTS[act]
        try:
            suggestion = service(suggestion_id=key, actor=people.actor(request), now=clock.now())
        except Refusal as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(request, f"{suggestion.title}. {words}")
        return redirect(CONSOLE)


class DismissForm(forms.Form):
    reason = forms.CharField(
        label="Why not", max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept with the suggestion and in the audit trail. It does not come back.",
    )  # fmt: skip


class Dismiss(UnfoldModelAdminViewMixin, FormView):
    title = "Dismiss"
    permission_required = "performance.change_suggestion"
    form_class = DismissForm
    template_name = "performance/admin/dismiss.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        suggestion = get_object_or_404(Suggestion, pk=self.kwargs["key"])
        return super().get_context_data(suggestion=suggestion, back=reverse(CONSOLE), **kwargs)

    def form_valid(self, form: DismissForm) -> HttpResponse:
        try:
            suggestions.dismiss(
                suggestion_id=self.kwargs["key"],
                reason=form.cleaned_data["reason"],
                actor=people.actor(self.request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
            return self.form_invalid(form)
        messages.success(self.request, "Dismissed, with the reason.")
        return redirect(CONSOLE)
