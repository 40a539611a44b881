"""The blacklist: who is stopped, held for a person or let through, until when and why."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.views.generic import TemplateView, View
from unfold.views import UnfoldModelAdminViewMixin

from core import clock, formats
from core.backoffice import people
from core.backoffice.readonly import ReadOnlyAdmin
from core.errors import Invalid
from fraud import list_values, selectors_lists
from fraud.admin.blacklist_acts import AddEntry, EntryPage, ImportEntries, effect_of
from fraud.models import BlacklistEntry
from fraud.models.blacklist import EntryQuerySet, ListKind
from fraud.services import list_files

PAGE_SIZE = 50
STANDINGS = {"active": "In force", "ended": "Ended or removed", "all": "All"}


@admin.register(BlacklistEntry)
class BlacklistAdmin(ReadOnlyAdmin):
    """Every page is one of ours: values are masked, and every change goes through a service with its reason."""

    def get_urls(self) -> list[URLPattern]:
        mine = [
            path("import/", self._page(ImportEntries), name="fraud_blacklistentry_import"),
            path("export/", self._page(ExportEntries), name="fraud_blacklistentry_export"),
        ]
        return [*mine, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self._page(EntryList)(request)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self._page(AddEntry)(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self._page(EntryPage)(request, entry_id=object_id)

    def _page(self, page: type[View]) -> Any:
        return self.admin_site.admin_view(page.as_view(model_admin=self))


class EntryList(UnfoldModelAdminViewMixin, TemplateView):
    title = "Blacklist"
    permission_required = "fraud.view_blacklistentry"
    template_name = "fraud/admin/blacklist/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now, asked = clock.now(), self.request.GET
        kind = asked.get("kind", "")
        kind = kind if kind in ListKind.values else ListKind.EMAIL.value
        standing = asked.get("standing", "active")
        standing = standing if standing in STANDINGS else "active"
        query = asked.get("q", "").strip()
        found, wrong = _found(kind, standing, query)
        page = Paginator(found, PAGE_SIZE).get_page(asked.get("page"))
        rows = list(page.object_list)
        called = people.names((row.author for row in rows), self.request)
        counts = selectors_lists.active_by_kind(now)
        return super().get_context_data(**kwargs) | {
            "kind": kind,
            "kind_word": ListKind(kind).label.lower(),
            "tabs": [(each.value, each.label, counts[each.value]) for each in ListKind],
            "standing": standing,
            "standings": STANDINGS.items(),
            "q": query,
            "wrong": wrong,
            "page": page,
            "filters": urlencode({"kind": kind, "standing": standing, "q": query}),
            "rows": [_row(row, called) for row in rows],
            "may_change": self.request.user.has_perm("fraud.change_blacklistentry"),
        }


class ExportEntries(UnfoldModelAdminViewMixin, View):
    """Everything in force, as a file."""

    title = "Export"
    permission_required = "fraud.view_blacklistentry"

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        content = list_files.export_csv(selectors_lists.entries(now=now))
        name = f"blacklist-{formats.local_date(now).isoformat()}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def _found(kind: str, standing: str, query: str) -> tuple[EntryQuerySet, str]:
    """The rows asked for, and what is wrong with the value that is looked for."""
    now = clock.now()
    if not query:
        return selectors_lists.entries(kind=kind, standing=standing, now=now), ""
    try:
        value = list_values.read(kind, query)
    except Invalid as refusal:
        return BlacklistEntry.objects.none(), list_files.words_of(refusal)
    found = selectors_lists.entries(
        kind=kind, standing=standing, digest=value.digest, network=value.network, now=now
    )
    return found, ""


def _row(entry: BlacklistEntry, called: dict[str, str]) -> dict[str, Any]:
    day = list_values.last_day(entry.until)
    return {
        "url": reverse("admin:fraud_blacklistentry_change", args=[entry.pk]),
        "shown": entry.shown,
        "effect": effect_of(entry),
        "standing": entry.standing(clock.now()),
        "reason": entry.reason,
        "by": called[entry.author],
        "since": formats.plain_date(entry.since),
        "until": formats.plain_date(day) if day else "No end",
        "hits": entry.hits,
    }
