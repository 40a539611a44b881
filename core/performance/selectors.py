"""Measurements as tables: one query for all of a period, then plain values."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from core.performance import budgets
from core.performance.histogram import percentile
from core.performance.models import Measurement, Statement
from core.performance.recorder import PAGE, PROCESS, STATEMENT, TASK, VITAL, WAIT

VITALS = ("LCP", "INP", "CLS")
_SUMMED = """
    WITH chosen AS (
        SELECT * FROM performance_measurement WHERE hour >= %(since)s AND hour < %(until)s
    ), histogram AS (
        SELECT kind, name, detail, jsonb_object_agg(place, number) AS buckets FROM (
            SELECT kind, name, detail, place - 1 AS place, sum(bucket) AS number
            FROM chosen, unnest(buckets) WITH ORDINALITY AS each_of(bucket, place)
            WHERE bucket > 0 GROUP BY 1, 2, 3, 4
        ) AS counted GROUP BY 1, 2, 3
    ), summed AS (
        SELECT kind, name, detail, sum(count) AS count, sum(errors) AS errors,
            sum(looked_at) AS looked_at, sum(total_ms) AS total_ms, sum(cpu_ms) AS cpu_ms,
            sum(gc_ms) AS gc_ms, sum(queries) AS queries, sum(query_ms) AS query_ms,
            max(peak) AS peak,
            (array_agg(slowest_trace ORDER BY slowest_ms DESC))[1] AS trace
        FROM chosen GROUP BY 1, 2, 3
    )
    SELECT summed.*, coalesce(histogram.buckets, '{}')::text
    FROM summed LEFT JOIN histogram USING (kind, name, detail)
"""


@dataclass(frozen=True)
class Line:
    """One page, task, statement, vital or process number over a period."""

    kind: str
    name: str
    detail: str
    count: int
    errors: int
    looked_at: int
    total_ms: float
    cpu_ms: float
    gc_ms: float
    queries: int
    query_ms: float
    peak: float
    trace: str
    buckets: Mapping[int, int]

    def at(self, share: float) -> float:
        return percentile(self.buckets, share)

    @property
    def p50(self) -> float:
        return self.at(0.50)

    @property
    def p75(self) -> float:
        return self.at(0.75)

    @property
    def p95(self) -> float:
        return self.at(0.95)

    @property
    def p99(self) -> float:
        return self.at(0.99)

    @property
    def mean_ms(self) -> float:
        return self.total_ms / max(1, self.count)

    @property
    def cpu_each(self) -> float:
        return self.cpu_ms / max(1, self.looked_at)

    @property
    def queries_each(self) -> float:
        return self.queries / max(1, self.looked_at)

    @property
    def runs_each(self) -> float:
        """Of a statement: how often on one page, where it was notable at all."""
        return self.count / max(1, self.looked_at)

    @property
    def budget(self) -> budgets.Budget:
        return budgets.of(self.name)

    @property
    def over_budget(self) -> float:
        """Above 1: over. How many times its budget the p95 is."""
        return self.p95 / self.budget.server_ms


@dataclass(frozen=True)
class Period:
    """Everything measured between two hours, by kind."""

    since: datetime
    until: datetime
    lines: Sequence[Line]

    def of(self, kind: str) -> list[Line]:
        return [line for line in self.lines if line.kind == kind]

    def pages(self) -> list[Line]:
        """Worst against its budget first."""
        return sorted(self.of(PAGE), key=lambda line: -line.over_budget)

    def tasks(self) -> list[Line]:
        """By time spent."""
        return sorted(self.of(TASK), key=lambda line: -line.total_ms)

    def waits(self) -> list[Line]:
        return sorted(self.of(WAIT), key=lambda line: -line.p95)

    def statements(self) -> list[Line]:
        """By time spent."""
        return sorted(self.of(STATEMENT), key=lambda line: -line.total_ms)

    def processes(self) -> list[Line]:
        return sorted(self.of(PROCESS), key=lambda line: (line.name, line.detail))

    def vitals(self) -> list[Line]:
        return sorted(self.of(VITAL), key=lambda line: (line.name, line.detail))


def period(*, since: datetime, until: datetime) -> Period:
    with connection.cursor() as cursor:
        cursor.execute(_SUMMED, {"since": since, "until": until})
        rows = cursor.fetchall()
    return Period(since, until, [_line(row) for row in rows])


def by_hour(*, kind: str, name: str, since: datetime) -> list[tuple[datetime, Line]]:
    """One page's or task's hours, first ones first."""
    rows = Measurement.objects.filter(kind=kind, name=name, detail="", hour__gte=since)
    return [(row.hour, _of_row(row)) for row in rows.order_by("hour")]


def texts(digests: Iterable[str]) -> dict[str, str]:
    chosen = Statement.objects.filter(digest__in=set(digests))
    return dict(chosen.values_list("digest", "text"))


def _line(row: tuple) -> Line:
    *plain, buckets = row
    kind, name, detail, count, errors, looked_at, total, cpu, gc, queries, query, peak, trace = (
        plain
    )
    return Line(
        kind, name, detail, int(count), int(errors), int(looked_at), float(total), float(cpu),
        float(gc), int(queries), float(query), float(peak), trace or "", _parsed(buckets),
    )  # fmt: skip


def _parsed(buckets: str) -> dict[int, int]:
    return {int(place): int(number) for place, number in json.loads(buckets).items()}


def _of_row(row: Measurement) -> Line:
    counted = {place: number for place, number in enumerate(row.buckets) if number}
    return Line(
        row.kind, row.name, row.detail, row.count, row.errors, row.looked_at, row.total_ms,
        row.cpu_ms, row.gc_ms, row.queries, row.query_ms, row.peak, row.slowest_trace, counted,
    )  # fmt: skip
