"""Refunds that have waited for a second person for days (ux.md 6.3)."""

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from payments import policy
from payments.models import Refund, RefundStatus


def overdue(now: datetime) -> QuerySet[Refund]:
    """Those that have waited for so many working days since they were last asked for."""
    since = policy.working_days_before(now, settings.REFUND_REMINDER_WORKING_DAYS)
    rows = Refund.objects.filter(status=RefundStatus.REQUESTED, needs_approval=True)
    return rows.filter(changed_at__lte=since)
