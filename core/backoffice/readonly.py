"""Lists of the machinery for staff to read: nothing is added, changed or deleted there by hand."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from core import formats
from core.backoffice import paging
from core.tracing.links import trace_link

TRACE = "trace_id"


class ReadOnlyAdmin(ModelAdmin):
    """A list and a page for each row; acts are actions that call services.

    Moments are shown as everywhere on the site: UK time, "21 Nov 2026, 9.15am".
    """

    list_fullwidth = True
    list_per_page = paging.ROWS
    paginator = paging.CountedSoFar
    compressed_fields = True
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [_shown(self.model, each) for each in super().get_list_display(request)]

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        return self.list_display_links or list(list_display)[:1]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [
            (title, {**options, "fields": [_shown(self.model, each) for each in options["fields"]]})
            for title, options in super().get_fieldsets(request, obj)
        ]


def _shown(model: type[models.Model], name: Any) -> Any:
    """The column itself, or for a moment a column that says it in our words."""
    if not isinstance(name, str):
        return name
    if name == TRACE:
        return _trace
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    return _moment(field) if isinstance(field, models.DateTimeField) else name


@admin.display(description="Trace")
def _trace(row: models.Model) -> str:
    return trace_link(getattr(row, TRACE)) or "–"


def _moment(field: models.DateTimeField) -> Callable[[models.Model], str]:
    @admin.display(description=str(field.verbose_name).capitalize(), ordering=field.name)
    def shown(row: models.Model) -> str:
        return moment(getattr(row, field.name))

    shown.__name__ = field.name
    return shown


def moment(at: datetime | None) -> str:
    """21 Nov 2026, 9.15am."""
    if at is None:
        return "–"
    local = formats.local_date(at)
    return f"{local.day} {local:%b} {local.year}, {formats.clock_time(at)}"
