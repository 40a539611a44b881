"""From scans to indexes worth having."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from core.database.advising import plans, statements
from core.database.advising.plans import Scan
from core.database.advising.statements import Statement

ROWS_MIN = 1_000
SHARE_MAX = 0.05
COLUMNS_MAX = 3
STATEMENTS_LOOKED_AT = 100


@dataclass
class Proposal:
    table: str
    columns: tuple[str, ...]
    rows: int
    serves: list[Statement] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"advised_{self.table}_{'_'.join(self.columns)}"[:63]

    @property
    def total_ms(self) -> float:
        return sum(each.total_ms for each in self.serves)

    def as_json(self) -> dict[str, Any]:
        return {
            "table": self.table,
            "columns": list(self.columns),
            "rows": self.rows,
            "total_ms": round(self.total_ms, 1),
            "serves": [
                {
                    "statement": each.text[:500],
                    "calls": each.calls,
                    "mean_ms": round(each.mean_ms, 2),
                }
                for each in self.serves
            ],
        }


def make(cursor: Any) -> list[Proposal]:
    """What would save most first. Raises NoStatistics."""
    found: dict[tuple[str, tuple[str, ...]], Proposal] = {}
    for statement in statements.costliest(cursor, limit=STATEMENTS_LOOKED_AT):
        plan = plans.of(cursor, statement.text)
        for scan in plan.scans if plan else ():
            rows = _rows(cursor, scan.table)
            if not _is_worth_it(scan, rows):
                continue
            columns = _columns(scan)
            known = found.setdefault((scan.table, columns), Proposal(scan.table, columns, rows))
            if statement not in known.serves:
                known.serves.append(statement)
    missing = [each for each in found.values() if not _is_there(cursor, each)]
    return sorted(_without_shorter(missing), key=lambda each: -each.total_ms)


def _is_worth_it(scan: Scan, rows: int) -> bool:
    return rows >= ROWS_MIN and scan.rows_wanted <= max(1.0, rows * SHARE_MAX)


def _columns(scan: Scan) -> tuple[str, ...]:
    """What is compared for equality first, in a fixed order, then one that is compared for more or less."""
    return (*sorted(scan.equal)[: COLUMNS_MAX - bool(scan.ranged)], *sorted(scan.ranged)[:1])


def _rows(cursor: Any, table: str) -> int:
    cursor.execute(
        "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass(%s)", [table]
    )
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def _is_there(cursor: Any, proposal: Proposal) -> bool:
    """An index of the whole table that begins with the same columns."""
    cursor.execute(
        "SELECT array(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY AS k(number, place) "
        "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number ORDER BY k.place) "
        "FROM pg_index i WHERE i.indrelid = to_regclass(%s) AND i.indpred IS NULL AND i.indisvalid",
        [proposal.table],
    )
    wanted = list(proposal.columns)
    return any(columns[: len(wanted)] == wanted for (columns,) in cursor.fetchall())


def _without_shorter(found: Iterable[Proposal]) -> list[Proposal]:
    """One on (a, b) also serves what asks for a alone."""
    kept: list[Proposal] = []
    for each in sorted(found, key=lambda one: -len(one.columns)):
        longer = next(
            (
                other
                for other in kept
                if other.table == each.table and other.columns[: len(each.columns)] == each.columns
            ),
            None,
        )
        if longer is None:
            kept.append(each)
        else:
            longer.serves += [one for one in each.serves if one not in longer.serves]
    return kept
