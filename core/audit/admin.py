"""The audit trail, to read."""

from django.contrib import admin

from core.audit.models import AuditEntry
from core.backoffice.readonly import ReadOnlyAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "subject", "action", "actor", "reason")
    list_filter = ("action",)
    search_fields = ("subject__istartswith", "actor__istartswith", "trace_id__exact")
    ordering = ("-at", "-id")
