"""What bookings point at."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin

from core.backoffice import paging


class KeptAdmin(ModelAdmin):
    """Bookings point at these rows, so they are taken off sale, never deleted."""

    list_fullwidth = True
    show_full_result_count = False
    list_per_page = paging.ROWS
    paginator = paging.CountedSoFar

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
