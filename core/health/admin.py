"""Health: does everything work, and if not, since when, what customers notice, what to do."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from core import clock
from core.backoffice import navigation, today
from core.backoffice.readonly import ReadOnlyAdmin
from core.health import selectors
from core.health.models import Slot


@admin.register(Slot)
class HealthAdmin(ReadOnlyAdmin):
    """The page is one of ours."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        view = Console.as_view(model_admin=self)
        return self.admin_site.admin_view(view)(request)


class Console(UnfoldModelAdminViewMixin, TemplateView):
    title = "Health"
    permission_required = "health.view_slot"
    template_name = "health/admin/console.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = clock.now()
        found = selectors.standings(now=now)
        state = selectors.overall_state(found)
        return super().get_context_data(**kwargs) | {
            "now": now,
            "sentence": selectors.overall(found),
            "shape": selectors.ICON[state],
            "tone": selectors.TONE[state],
            "standings": found,
        }


def is_everything_working(now: datetime) -> today.Panel:
    found = selectors.standings(now=now)
    return today.Panel(
        title="Is everything working?",
        template="health/admin/_lines.html",
        context={"sentence": selectors.overall(found), "standings": found},
        more_url=navigation.list_url("health.slot"),
        more="Health",
        beside=True,
    )


today.add_panel(90, "health.view_slot", is_everything_working)
