"""Gapless numbers: one counter row for each series and year, locked until the caller's commit.

Take a number as late as you can: whoever comes next in the series waits for your commit, and a roll-back gives the
number back. A sequence could do neither.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from core import formats

INVOICES = "INV"
CREDIT_NOTES = "CN"

_TAKE = """
    INSERT INTO invoicing_counter AS counter (series, year, last_number, last_issued_at) VALUES (%s, %s, 1, %s)
    ON CONFLICT (series, year) DO UPDATE
    SET last_number = counter.last_number + 1,
        last_issued_at = greatest(counter.last_issued_at, excluded.last_issued_at)
    RETURNING last_number, last_issued_at
"""


@dataclass(frozen=True, slots=True)
class Number:
    """A place in a series, and the moment of issue that keeps its dates in order."""

    series: str
    year: int
    number: int
    issued_at: datetime

    @property
    def label(self) -> str:
        return f"{self.series}-{self.year}-{self.number:05d}"


def take(*, series: str, now: datetime) -> Number:
    """The next number of the year that it is in London.

    Two processes whose clocks differ still get dates in the order of their numbers: the later number never bears the
    earlier moment.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "a number is taken inside the transaction that uses it"
        )
    year = formats.local_date(now).year
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [series, year, now])
        number, issued_at = cursor.fetchone()
    return Number(series=series, year=year, number=number, issued_at=issued_at)
