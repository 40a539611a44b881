"""Day by day: what our ledger says moved at Stripe, what Stripe says, and the difference."""

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import connection

from core.money import Money


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    ours: Money
    theirs: Money

    @property
    def difference(self) -> Money:
        return self.ours - self.theirs


def days(*, since: datetime, until: datetime) -> list[Day]:
    """The newest first; a day on which nothing moved is left out. What is younger than the last comparison is not
    Stripe's word yet, so `until` is that moment."""
    with connection.cursor() as cursor:
        zone = settings.VENUE_TIME_ZONE
        cursor.execute(_DAYS, {"since": since, "until": until, "zone": zone})
        return [Day(day, Money(ours), Money(theirs)) for day, ours, theirs in cursor.fetchall()]


# One thing that moved counts on one day on both sides: that of Stripe's own moment where there is one.
_DAYS = r"""
WITH theirs AS (
    SELECT source, min(created_at) AS at, sum(amount_minor - fee_minor) AS total
    FROM payments_balancetransaction WHERE created_at >= %(since)s AND created_at < %(until)s GROUP BY source
), ours AS (
    SELECT m.source, min(m.at) AS at, sum(e.amount_minor) AS total FROM payments_ledgermovement m
    JOIN payments_ledgerentry e ON e.movement_id = m.id AND e.account = 'stripe'
    WHERE m.at >= %(since)s AND m.at < %(until)s AND m.source NOT LIKE '__\_sample\_%%' GROUP BY m.source
)
SELECT (coalesce(theirs.at, ours.at) AT TIME ZONE %(zone)s)::date AS day,
    coalesce(sum(ours.total), 0)::bigint, coalesce(sum(theirs.total), 0)::bigint
FROM ours FULL JOIN theirs USING (source) GROUP BY day ORDER BY day DESC
"""
