"""What cost the database most, by its own count."""

from dataclasses import dataclass
from typing import Any

KINDS = ("SELECT", "UPDATE", "DELETE", "WITH")


class NoStatistics(Exception):
    """The extension pg_stat_statements is not there, or may not be read."""


@dataclass(frozen=True, slots=True)
class Statement:
    text: str
    calls: int
    total_ms: float

    @property
    def mean_ms(self) -> float:
        return self.total_ms / self.calls if self.calls else 0.0


def costliest(cursor: Any, *, limit: int) -> list[Statement]:
    """Raises NoStatistics."""
    cursor.execute("SELECT to_regclass('pg_stat_statements') IS NOT NULL")
    if not cursor.fetchone()[0]:
        raise NoStatistics
    cursor.execute(
        "SELECT query, sum(calls)::bigint, sum(total_exec_time) FROM pg_stat_statements s "
        "JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database() "
        "AND query <> '<insufficient privilege>' GROUP BY query ORDER BY 3 DESC"
    )
    found = [Statement(text, calls, total) for text, calls, total in cursor.fetchall()]
    return [each for each in found if _is_question(each.text)][:limit]


def _is_question(text: str) -> bool:
    return text.lstrip("( \n").upper().startswith(KINDS) and "pg_stat_statements" not in text
