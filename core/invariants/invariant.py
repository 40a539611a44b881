"""An invariant: one statement, and the queries that find what breaks it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
ROWS_SHOWN_MAX = 20


@dataclass(frozen=True)
class Check:
    """One way to break it. `explain` says what a row means; `sql` selects the rows: ids and amounts, no names.

    `%(now)s` is the moment, `%(settled)s` the moment before which everything must have come to rest. `books` names
    the tables of the gateway's books that it needs, `g_charges` and the like. `find` is for what SQL can't do.
    """

    explain: str
    sql: str = ""
    books: tuple[str, ...] = ()
    find: Callable[[Any, Mapping[str, Any]], Iterable[Row]] | None = None


@dataclass(frozen=True)
class Invariant:
    """`id` as in the list of invariants of the design."""

    id: str
    statement: str
    checks: tuple[Check, ...]


@dataclass
class Violation:
    """What was found: how many rows break it, and the first of them."""

    id: str
    statement: str
    cause: str
    count: int
    rows: list[Row] = field(default_factory=list)


def found_by(
    invariant: Invariant, check: Check, cursor: Any, values: Mapping[str, Any]
) -> Violation | None:
    """None when nothing breaks it."""
    rows = list(check.find(cursor, values)) if check.find else _selected(check.sql, cursor, values)
    if not rows:
        return None
    return Violation(
        id=invariant.id,
        statement=invariant.statement,
        cause=check.explain,
        count=len(rows),
        rows=rows[:ROWS_SHOWN_MAX],
    )


def _selected(sql: str, cursor: Any, values: Mapping[str, Any]) -> list[Row]:
    cursor.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
