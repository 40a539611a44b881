"""The cache's console: a card for each family, and what staff can do about it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.generic import FormView, TemplateView, View
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminTextInputWidget

from core import clock
from core.audit.models import AuditEntry
from core.backoffice import people
from core.backoffice.readonly import ReadOnlyAdmin
from core.cache import standing, warming
from core.cache.admin import interventions
from core.cache.http import PLACES_SECONDS_MAX
from core.cache.keeper import of as keeper_of
from core.cache.layers import layers
from core.cache.models import CachedFamily
from core.errors import Refusal

CONSOLE = "admin:cache_cachedfamily_changelist"
CHANGE = "cache.change_cachedfamily"


@admin.register(CachedFamily)
class CacheAdmin(ReadOnlyAdmin):
    """Every page is one of ours; there are no rows."""

    def get_urls(self) -> list[URLPattern]:
        mine = [
            path("clear-all/", self._page(ClearAll), name="cache_cachedfamily_clear_all"),
            path("<slug:name>/refresh/", self._page(Refresh), name="cache_cachedfamily_refresh"),
            path("<slug:name>/clear/", self._page(Clear), name="cache_cachedfamily_clear"),
        ]
        return [*mine, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self._page(Console)(request)

    def _page(self, page: type[View]) -> Any:
        return self.admin_site.admin_view(page.as_view(model_admin=self))


class Console(UnfoldModelAdminViewMixin, TemplateView):
    title = "Cache"
    permission_required = "cache.view_cachedfamily"
    template_name = "cache/admin/console.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = layers()
        processes, standings = standing.of_all(known, now=clock.now())
        entries = list(
            AuditEntry.objects.filter(subject__startswith="cache.family:").order_by("-id")[:10]
        )
        called = people.names((entry.actor for entry in entries), self.request)
        return super().get_context_data(**kwargs) | {
            "standings": standings,
            "processes": processes,
            "alone": known.shared is None or known.shared.is_silent,
            "deaf": known.line is not None and not keeper_of(known).listening.is_set(),
            "too_old": [each for each in standings if each.is_too_old],
            "places_seconds_max": PLACES_SECONDS_MAX,
            "may_act": self.request.user.has_perm(CHANGE),
            "warmers": sorted(warming.all_warmers()),
            "done": [(entry, called[entry.actor]) for entry in entries],
        }


class Refresh(UnfoldModelAdminViewMixin, View):
    permission_required = CHANGE
    http_method_names = ["post"]
    title = "Refresh"

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        try:
            done = interventions.refresh(name=name, actor=people.actor(request), now=clock.now())
        except interventions.NoSuchCache:
            raise Http404 from None
        for each in done:
            if each.error:
                messages.error(
                    request, f"The {each.name} was forgotten, but not read anew: {each.error}."
                )
            else:
                messages.success(request, f"The {each.name} was read anew: {each.values} values.")
        return redirect(CONSOLE)


class Clear(UnfoldModelAdminViewMixin, TemplateView):
    """Says what it costs before it is done."""

    permission_required = CHANGE
    http_method_names = ["get", "post"]
    title = "Clear this"
    template_name = "cache/admin/clear.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        try:
            family = interventions.find(self.kwargs["name"])
        except interventions.NoSuchCache:
            raise Http404 from None
        return super().get_context_data(family=family, back=reverse(CONSOLE), **kwargs)

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        try:
            family = interventions.clear(name=name, actor=people.actor(request), now=clock.now())
        except interventions.NoSuchCache:
            raise Http404 from None
        messages.success(request, f"{family.words}: cleared in all processes.")
        return redirect(CONSOLE)


class ClearAllForm(forms.Form):
    word = forms.CharField(
        label=f"Type {interventions.WORD}", max_length=20, widget=UnfoldAdminTextInputWidget(),
        help_text="So that nobody does it by a slip.",
    )  # fmt: skip


class ClearAll(UnfoldModelAdminViewMixin, FormView):
    permission_required = CHANGE
    form_class = ClearAllForm
    title = "Clear all"
    template_name = "cache/admin/clear.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(back=reverse(CONSOLE), **kwargs)

    def form_valid(self, form: ClearAllForm) -> HttpResponse:
        try:
            interventions.clear_all(
                word=form.cleaned_data["word"], actor=people.actor(self.request), now=clock.now()
            )
        except Refusal as refusal:
            for words in refusal.fields.get("word", [refusal.detail]):
                form.add_error("word", words)
            return self.form_invalid(form)
        messages.success(self.request, "All caches were cleared, in all processes.")
        return redirect(CONSOLE)
