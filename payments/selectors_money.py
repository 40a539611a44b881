"""What the ledger says came in and went back, day by day. UK days; the moment that counts is when we heard of it."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from core.formats import UK

_DAYS = """
    SELECT (m.recorded_at AT TIME ZONE 'Europe/London')::date,
        coalesce(-sum(e.amount_minor) FILTER (WHERE m.kind = 'charge'), 0)::bigint,
        coalesce(sum(e.amount_minor) FILTER (WHERE m.kind IN ('refund', 'refund_returned')), 0)::bigint
    FROM payments_ledgermovement m JOIN payments_ledgerentry e ON e.movement_id = m.id
    WHERE m.recorded_at >= %s AND m.recorded_at < %s AND e.account = 'sales'
    GROUP BY 1
"""


@dataclass(frozen=True)
class MoneyDay:
    """One day's pence, both zero or more."""

    date: dt.date
    taken_minor: int = 0
    given_back_minor: int = 0


def days(*, until: dt.date, count: int) -> list[MoneyDay]:
    """So many days up to and with `until`, oldest first, those without any money too; one query."""
    dates = [until - dt.timedelta(days=back) for back in reversed(range(count))]
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, [_midnight(dates[0]), _midnight(until + dt.timedelta(days=1))])
        found = {row[0]: MoneyDay(*row) for row in cursor.fetchall()}
    return [found.get(date, MoneyDay(date)) for date in dates]


def _midnight(date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date, dt.time.min, UK)
