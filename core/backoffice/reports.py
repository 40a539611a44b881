"""Reports: each app brings its own, one statement each, with a sentence of what it found and how it is counted.

Registered from the apps' `admin.py`. A period is whole months as London counts them.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpRequest

from core import formats
from core.spreadsheets import safe_cell

TEXT, NUMBER, MONEY, SHARE = "text", "number", "money", "share"
PERIODS = {1: "This month", 3: "3 months", 12: "12 months", 36: "3 years"}
MONTHS = 12
# `until` is left out.
IN_PERIOD = """{0} >= %(since)s::date::timestamp AT TIME ZONE 'Europe/London'
    AND {0} < %(until)s::date::timestamp AT TIME ZONE 'Europe/London'"""

Row = Sequence[Any]


@dataclass(frozen=True)
class Period:
    months: int
    since: dt.date
    until: dt.date


@dataclass(frozen=True)
class Column:
    """`kind` says how a value is shown: money in pence, a share in basis points, None is a dash."""

    title: str
    kind: str = NUMBER

    def shown(self, value: Any) -> str:
        if value is None:
            return "–"
        if self.kind == MONEY:
            return formats.money(value)
        if self.kind == SHARE:
            return formats.percent(value)
        return f"{value:,}" if self.kind == NUMBER else str(value)

    def cell(self, value: Any) -> object:
        """For a spreadsheet: pounds and per cent as numbers."""
        if value is None:
            return ""
        if self.kind in (MONEY, SHARE):
            return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02}"
        return safe_cell(str(value)) if self.kind == TEXT else value


@dataclass(frozen=True)
class Report:
    """The first column names a row; `charted` is the column drawn as bars. `finding` is asked with rows there are."""

    name: str
    title: str
    permission: str
    columns: tuple[Column, ...]
    rows: Callable[[Period], list[Row]]
    finding: Callable[[list[Row]], str]
    counted: str
    charted: int
    nothing: str = "Nothing in this period."


_reports: list[tuple[int, Report]] = []


def add(place: int, report: Report) -> None:
    _reports.append((place, report))


def allowed(request: HttpRequest) -> list[Report]:
    """What this person may see, in their places."""
    in_order = sorted(_reports, key=lambda each: each[0])
    return [report for _, report in in_order if request.user.has_perm(report.permission)]


def period(months: int, today: dt.date) -> Period:
    """The month of `today` and those before it."""
    number = today.year * 12 + today.month - 1
    return Period(months, _first(number - months + 1), _first(number + 1))


def asked(statement: str, *, at: str) -> Callable[[Period], list[Row]]:
    """Rows of one statement, in which {in_period} holds where the moment `at` lies in the period."""
    whole = statement.replace("{in_period}", IN_PERIOD.format(at))

    def rows(period: Period) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(whole, {"since": period.since, "until": period.until})
            return list(cursor.fetchall())

    return rows


def share(part: int, whole: int) -> int | None:
    """In basis points; None of nothing."""
    return round(10_000 * part / whole) if whole else None


def _first(month_number: int) -> dt.date:
    return dt.date(month_number // 12, month_number % 12 + 1, 1)
