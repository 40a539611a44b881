"""The reports' pages and their files."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.views.generic import TemplateView, View
from unfold.views import UnfoldModelAdminViewMixin

from core import clock, formats, spreadsheets
from core.audit import services as audit
from core.backoffice import people, reports
from core.backoffice.models import Report
from core.backoffice.readonly import ReadOnlyAdmin

BARS_MAX = 24


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """Every page is one of ours; there are no rows."""

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(Page.as_view(model_admin=self))
        export = self.admin_site.admin_view(Export.as_view(model_admin=self))
        mine = [
            path("of/<slug:name>/", page, name="backoffice_report_page"),
            path("of/<slug:name>/export/", export, name="backoffice_report_export"),
        ]
        return [*mine, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self.admin_site.admin_view(Overview.as_view(model_admin=self))(request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> None:
        return None


class Overview(UnfoldModelAdminViewMixin, TemplateView):
    title = "Reports"
    permission_required = "backoffice.view_report"
    template_name = "backoffice/admin/reports.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = [(each.title, _url(each), each.counted) for each in reports.allowed(self.request)]
        return super().get_context_data(**kwargs) | {"reports": known}


class Page(UnfoldModelAdminViewMixin, TemplateView):
    title = "Reports"
    permission_required = "backoffice.view_report"
    template_name = "backoffice/admin/report.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        report, period = _report(self), _period(self.request)
        rows = report.rows(period)
        may_export = self.request.user.has_perm("backoffice.export_report")
        return super().get_context_data(**kwargs) | {
            "report": report,
            "finding": report.finding(rows) if rows else report.nothing,
            "months": period.months,
            "since": period.since,
            "periods": reports.PERIODS.items(),
            "rows": [_cells(report, row) for row in rows],
            "bars": _bars(report, rows),
            "export": f"{_url(report)}export/?months={period.months}" if may_export else "",
            "back": reverse("admin:backoffice_report_changelist"),
        }


class Export(UnfoldModelAdminViewMixin, View):
    """The middleware wants a fresh code before it."""

    title = "Reports"
    permission_required = ("backoffice.view_report", "backoffice.export_report")
    http_method_names = ["get"]

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        report, period = _report(self), _period(request)
        rows = [
            [column.cell(value) for column, value in zip(report.columns, row, strict=True)]
            for row in report.rows(period)
        ]
        content = spreadsheets.written([each.title for each in report.columns], rows)
        audit.record(
            subject="backoffice.report",
            action="report.exported",
            actor=people.actor(request),
            after={
                "report": report.name,
                "since": period.since.isoformat(),
                "until": period.until.isoformat(),
            },
            now=clock.now(),
        )
        name = f"{report.name}-{period.since:%Y-%m}-{period.months}.csv"
        return HttpResponse(
            content,
            content_type=spreadsheets.MIME,
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "private, no-store",
            },
        )


def _report(view: View) -> reports.Report:
    """404 for one that is not there, and for one that this person may not see."""
    for each in reports.allowed(view.request):
        if each.name == view.kwargs["name"]:
            return each
    raise Http404


def _period(request: HttpRequest) -> reports.Period:
    asked = request.GET.get("months", "")
    known = {str(months): months for months in reports.PERIODS}
    return reports.period(known.get(asked, reports.MONTHS), formats.local_date(clock.now()))


def _cells(report: reports.Report, row: reports.Row) -> list[tuple[str, str, bool]]:
    """Title of the column, what it says, whether it is a number."""
    return [
        (column.title, column.shown(value), column.kind != reports.TEXT)
        for column, value in zip(report.columns, row, strict=True)
    ]


def _bars(report: reports.Report, rows: list[reports.Row]) -> list[tuple[str, str, str]]:
    """Name, length of 100, value in words; the table has them all."""
    column = report.columns[report.charted]
    values = [(str(row[0]), row[report.charted] or 0) for row in rows[:BARS_MAX]]
    most = max((value for _, value in values), default=0) or 1
    return [
        (name, f"{max(0, 100 * value / most):.1f}", column.shown(value)) for name, value in values
    ]


def _url(report: reports.Report) -> str:
    return reverse("admin:backoffice_report_page", args=[report.name])
