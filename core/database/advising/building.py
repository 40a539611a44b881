"""Builds an advised index without keeping anybody from writing, and keeps it only if it is used."""

from dataclasses import dataclass
from typing import Any

from psycopg import sql

from core.database.advising import plans
from core.database.advising.proposals import Proposal

WORTH_KEEPING = 0.8


@dataclass(frozen=True)
class Built:
    """`cost_before` and `cost_after` are the planner's, of the statement that is served most."""

    proposal: Proposal
    cost_before: float
    cost_after: float
    kept: bool


def build(cursor: Any, proposal: Proposal) -> Built:
    """Outside of any transaction. An index that was left invalid by a broken attempt is built anew."""
    text = max(proposal.serves, key=lambda each: each.total_ms).text
    before = plans.of(cursor, text)
    name, table = sql.Identifier(proposal.name), sql.Identifier(proposal.table)
    columns = sql.SQL(", ").join([sql.Identifier(column) for column in proposal.columns])
    _drop(cursor, name)
    _run(cursor, sql.SQL("CREATE INDEX CONCURRENTLY {} ON {} ({})").format(name, table, columns))
    _run(cursor, sql.SQL("ANALYZE {}").format(table))
    after = plans.of(cursor, text)
    assert before is not None and after is not None
    kept = after.cost <= before.cost * WORTH_KEEPING
    if not kept:
        _drop(cursor, name)
    return Built(proposal, before.cost, after.cost, kept)


def _drop(cursor: Any, name: sql.Identifier) -> None:
    _run(cursor, sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(name))


def _run(cursor: Any, statement: sql.Composed) -> None:
    cursor.execute(statement.as_string(cursor.connection))
