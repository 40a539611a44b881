"""Which refunds a second person looks at (domain.md, rule 7)."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from core import formats
from core.money import Money
from payments.models import Refund, RefundStatus

CUSTOMER = "customer"
_GIVEN_UP = (RefundStatus.REJECTED, RefundStatus.FAILED, RefundStatus.SENT_BACK)


def why_second_person(*, actor: str, amount: Money, over_policy: Money, now: datetime) -> str:
    """The sentence for whoever asks; "" when one person is enough. What the site itself gives back needs nobody."""
    largest = Money(settings.REFUND_APPROVAL_ABOVE_MINOR, amount.currency)
    if actor != CUSTOMER and not actor.startswith("staff:"):
        return ""
    if amount > largest:
        return f"Refunds over {formats.money(largest)} are approved by a second person."
    if actor == CUSTOMER:
        return ""
    most_over = Money(settings.REFUND_OVER_POLICY_MINOR, amount.currency)
    if over_policy > most_over:
        return (
            f"More than {formats.money(most_over)} over the policy is approved by a second person."
        )
    _queue_up(actor)
    of_a_day = Money(settings.REFUND_DAY_MINOR, amount.currency)
    if _today(actor, amount.currency, now) + amount > of_a_day:
        return f"Over {formats.money(of_a_day)} a day by one person is approved by a second person."
    return ""


def _queue_up(actor: str) -> None:
    """Two decisions of one person at the same moment are counted one after the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"refunds|{actor}"]
        )


def _today(actor: str, currency: str, now: datetime) -> Money:
    zone = ZoneInfo(settings.VENUE_TIME_ZONE)
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    mine = Refund.objects.filter(requested_by=actor, created_at__gte=midnight)
    total = mine.exclude(status__in=_GIVEN_UP).aggregate(total=Sum("amount_minor", default=0))
    return Money(total["total"], currency)
