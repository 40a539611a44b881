"""Which families a statement makes out of date: seen where it is sent, so no service need know of the cache.

A COPY and what other programs write are not seen; then the families' own lives are the bound.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from core.cache import invalidation
from core.cache.families import Family, all_families

READS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET ", "EXPLAIN")
WRITTEN = re.compile(
    r'\b(?:INSERT\s+INTO|UPDATE(?:\s+ONLY)?|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)\s+("?\w+"?(?:\s*,\s*"?\w+"?)*)',
    re.IGNORECASE,
)
ASSIGNED = re.compile(r'"?(\w+)"?\s*=')
STATEMENTS_MAX = 2048


def watch(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """For the signal `connection_created`."""
    if _watching not in connection.execute_wrappers:
        connection.execute_wrappers.append(_watching)


def forget_statements() -> None:
    """The families have changed."""
    _out_of_date.cache_clear()


def _watching(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    answer = execute(sql, params, many, context)
    if isinstance(sql, str) and not sql.startswith(READS):
        families = _out_of_date(sql)
        if families:
            _forget(families, params)
    return answer


def _forget(families: tuple[Family, ...], params: Any) -> None:
    tags = {
        tag
        for family in families
        if family.unchanged_by is None or not family.unchanged_by(params)
        for tag in family.own_tags
    }
    if tags:
        invalidation.on_commit(tags)


@lru_cache(maxsize=STATEMENTS_MAX)
def _out_of_date(sql: str) -> tuple[Family, ...]:
    """The families that a statement makes out of date."""
    written: set[str] = set()
    for names in WRITTEN.findall(sql):
        written |= {name.strip(' "') for name in names.split(",")}
    return tuple(
        family
        for family in (all_families().values() if written else ())
        if any(
            table in written and _matters(sql, table, columns)
            for table, columns in family.tables.items()
        )
    )


def _matters(sql: str, table: str, columns: tuple[str, ...]) -> bool:
    """Updates of other columns alone don't; anything else does."""
    if not columns:
        return True
    flags = re.IGNORECASE | re.DOTALL
    if re.search(rf'(?:INSERT\s+INTO|DELETE\s+FROM|TRUNCATE\b.*?)\s+"?{table}"?\b', sql, flags):
        return True
    updates = re.findall(
        rf'UPDATE\s+(?:ONLY\s+)?"?{table}"?\s+SET\s+(.*?)(?:\sWHERE\s|\sFROM\s|$)', sql, flags
    )
    return not updates or any(
        not set(columns).isdisjoint(ASSIGNED.findall(assigned)) for assigned in updates
    )
