"""The proof that paper is numbered as the law wants: no gap and no double, and no date before the one before it.

It reads every document there is and keeps what it found, so that anybody can say when it was proved last.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from core import formats
from invoicing.models import NumbersProof

SHOWN_MAX = 20


@dataclass(frozen=True)
class Proved:
    """One series and year; `problems` are sentences."""

    series: str
    year: int
    papers: int
    last_label: str
    problems: tuple[str, ...]


def prove(*, now: datetime) -> NumbersProof:
    """Every series and year, and across the years' ends; the result is kept."""
    runs = proved()
    return NumbersProof.objects.create(
        proved_at=now,
        series=len(runs),
        papers=sum(run.papers for run in runs),
        problems=[words for run in runs for words in run.problems],
    )


def last() -> NumbersProof | None:
    return NumbersProof.objects.order_by("-proved_at", "-pk").first()


def proved() -> list[Proved]:
    """Newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_PROOF)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [_proved(row) for row in rows]


def _proved(row: dict[str, Any]) -> Proved:
    series, year, papers, counted = (row[name] for name in ("series", "year", "papers", "counted"))
    last = max(row["last"], counted)
    missing = _missing(series, year, last)
    shown = ", ".join(f"{number:05d}" for number in missing[:SHOWN_MAX])
    more = "…" if len(missing) > SHOWN_MAX else ""
    wrong = (
        (papers - row["numbers"], "number", "used twice."),
        (len(missing), "number", f"missing: {shown}{more}"),
        (row["backwards"], "paper", "dated before the number before."),
        (row["elsewhere"], "paper", "issued in another year in London."),
    )
    problems = [
        f"{series}-{year}: {formats.counted(count, what)} {words}"
        for count, what, words in wrong
        if count
    ]
    if row["last"] > counted or row["first"] < 1:
        problems.append(f"{series}-{year}: a number that its counter never gave out.")
    return Proved(series, year, papers, f"{series}-{year}-{last:05d}", tuple(problems))


def _missing(series: str, year: int, last: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, [last, series, year])
        return [number for (number,) in cursor.fetchall()]


# The date of the number before: the last of a year comes before the first of the next one.
_PROOF = """
    WITH paper AS (
        SELECT series, year, number, issued_at,
            lag(issued_at) OVER (PARTITION BY series ORDER BY year, number) AS before
        FROM invoicing_document
    ), run AS (
        SELECT series, year, count(*) AS papers, min(number) AS first, max(number) AS last,
            count(DISTINCT number) AS numbers,
            count(*) FILTER (WHERE issued_at < before) AS backwards,
            count(*) FILTER (
                WHERE extract(year FROM issued_at AT TIME ZONE 'Europe/London') <> year
            ) AS elsewhere
        FROM paper GROUP BY series, year
    )
    SELECT series, year, coalesce(papers, 0) AS papers, coalesce(first, 1) AS first,
        coalesce(last, 0) AS last, coalesce(numbers, 0) AS numbers,
        coalesce(backwards, 0) AS backwards, coalesce(elsewhere, 0) AS elsewhere,
        coalesce(last_number, 0) AS counted
    FROM run FULL JOIN invoicing_counter AS counter USING (series, year)
    ORDER BY year DESC, series DESC
"""
_MISSING = """
    SELECT number FROM generate_series(1, %s) AS number
    WHERE NOT EXISTS (
        SELECT FROM invoicing_document AS paper
        WHERE paper.series = %s AND paper.year = %s AND paper.number = number.number
    ) ORDER BY number
"""
