"""What the accountant asks of the money, month by month as London counts them: Stripe's fees, and what it paid out."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from payments.models import Account, Payout


@dataclass(frozen=True, slots=True)
class Fees:
    """`month` as 2026-11. What Stripe gave back of its fees counts against them."""

    month: str
    movements: int
    amount_minor: int


def fees(*, since: date, until: date) -> list[Fees]:
    """From the ledger, `until` left out."""
    with connection.cursor() as cursor:
        cursor.execute(_FEES, [Account.FEES, since, until])
        return [Fees(*row) for row in cursor.fetchall()]


def payouts(*, since: date, until: date) -> list[Payout]:
    """Each by the day on which it arrives, `until` left out."""
    rows = Payout.objects.filter(arrives_on__gte=since, arrives_on__lt=until)
    return list(rows.order_by("arrives_on", "id"))


_FEES = """
    SELECT to_char(movement.at AT TIME ZONE 'Europe/London', 'YYYY-MM') AS month,
        count(*), sum(entry.amount_minor)::bigint
    FROM payments_ledgerentry AS entry
    JOIN payments_ledgermovement AS movement ON movement.id = entry.movement_id
    WHERE entry.account = %s
        AND movement.at >= %s::date::timestamp AT TIME ZONE 'Europe/London'
        AND movement.at < %s::date::timestamp AT TIME ZONE 'Europe/London'
    GROUP BY 1 ORDER BY 1
"""
