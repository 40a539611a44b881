"""From memory to the rows of the present hour: added to, so that any number of processes may write at once."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from core import clock
from core.database.queries import shape_of
from core.health import observations
from core.performance.histogram import dense, percentile
from core.performance.recorder import PAGE, STATEMENT, Key, Row

_SUMS = ("count", "errors", "looked_at", "total_ms", "cpu_ms", "gc_ms", "queries", "query_ms")
_COLUMNS = (
    "hour", "kind", "name", "detail", *_SUMS, "peak", "slowest_ms", "slowest_trace", "buckets",
)  # fmt: skip
_ADD = ", ".join(f"{name} = known.{name} + excluded.{name}" for name in _SUMS)
_UPSERT = f"""
    INSERT INTO performance_measurement AS known ({", ".join(_COLUMNS)})
    VALUES ({", ".join(["%s"] * len(_COLUMNS))})
    ON CONFLICT (hour, kind, name, detail) DO UPDATE SET {_ADD},
        peak = GREATEST(known.peak, excluded.peak),
        slowest_trace = CASE WHEN excluded.slowest_ms > known.slowest_ms
                        THEN excluded.slowest_trace ELSE known.slowest_trace END,
        slowest_ms = GREATEST(known.slowest_ms, excluded.slowest_ms),
        buckets = ARRAY(
            SELECT was + more FROM unnest(known.buckets, excluded.buckets)
            WITH ORDINALITY AS both_of(was, more, place) ORDER BY place
        )
"""  # noqa: S608 - made of constants
_REMEMBER = """
    INSERT INTO performance_statement (digest, text, seen_at) VALUES (%s, %s, %s)
    ON CONFLICT (digest) DO UPDATE SET seen_at = excluded.seen_at
"""
NAME_LENGTH_MAX, TEXT_LENGTH_MAX = 200, 4000


def write(rows: dict[Key, Row], *, now: datetime | None = None) -> None:
    """Add `rows` to the hour's. Sorted, so that two writers wait for each other and never in a circle."""
    moment = now or clock.now()
    hour = moment.replace(minute=0, second=0, microsecond=0)
    merged, texts = _by_digest(rows)
    with transaction.atomic(), connection.cursor() as cursor:
        if texts:
            cursor.executemany(
                _REMEMBER, [(digest, text, moment) for digest, text in sorted(texts.items())]
            )
        cursor.executemany(_UPSERT, [_values(hour, key, merged[key]) for key in sorted(merged)])
        _tell_health([row for key, row in rows.items() if key[0] == PAGE], moment)


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _tell_health(pages: list[Row], now: datetime) -> None:
    """What visits met is how the website does."""
    if not pages:
        return
    together = Row()
    for page in pages:
        together.merge(page)
    p95 = percentile(together.buckets, 0.95)
    visits = observations.Observed(
        observations.WEBSITE,
        asked=together.count,
        failed=together.errors,
        slow=int(p95 > observations.PAGES_SLOW_MS),
        latency_ms=p95,
    )
    observations.keep([visits], now=now)


def _by_digest(rows: dict[Key, Row]) -> tuple[dict[Key, Row], dict[str, str]]:
    """Statements by the digest of their shape; what has the same shape is one."""
    merged: dict[Key, Row] = {}
    texts: dict[str, str] = {}
    for (kind, name, detail), row in rows.items():
        short = detail[:64]
        if kind == STATEMENT:
            shape = shape_of(detail)[:TEXT_LENGTH_MAX]
            short = digest_of(shape)
            texts[short] = shape
        key = (kind, name[:NAME_LENGTH_MAX], short)
        if key in merged:
            merged[key].merge(row)
        else:
            merged[key] = row
    return merged, texts


def _values(hour: datetime, key: Key, row: Row) -> tuple[Any, ...]:
    sums = [getattr(row, name) for name in _SUMS]
    slowest = (row.slowest_ms, row.slowest_trace)
    return (hour, *key, *sums, row.peak, *slowest, list(dense(row.buckets)))
