"""One reading of everything: a snapshot of the database, the books right after it, and every invariant over both."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from core.invariants import (
    audit,
    charges,
    customers,
    intents,
    invoices,
    jobs,
    ledger,
    places,
    refunds,
    sagas,
    secrets,
    states,
)
from core.invariants import books as gateway
from core.invariants.invariant import Invariant, Violation, found_by

ALL: tuple[Invariant, ...] = (
    *charges.INVARIANTS,
    *intents.INVARIANTS,
    *states.INVARIANTS,
    *refunds.INVARIANTS,
    *ledger.INVARIANTS,
    *places.INVARIANTS,
    *jobs.INVARIANTS,
    *sagas.INVARIANTS,
    *invoices.INVARIANTS,
    *customers.INVARIANTS,
    *audit.INVARIANTS,
    *secrets.INVARIANTS,
)
BOOKS_GRACE = timedelta(seconds=2)


@dataclass
class Report:
    """`unchecked` names what needs books that were not given."""

    violations: list[Violation] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.violations


def run(
    *,
    read_books: Callable[[], gateway.Json] | None,
    now: datetime,
    grace: timedelta,
    only: str = "",
) -> Report:
    """Read-only, on a snapshot; `only` is the id of one. The books are read after the snapshot: they know at least what it knows."""
    with _snapshot() as cursor:
        given = gateway.load(cursor, read_books()) if read_books else ()
        cursor.execute("SET TRANSACTION READ ONLY")
        return check(cursor, given=given, now=now, grace=grace, only=only)


def check(
    cursor: Any, *, given: Sequence[str], now: datetime, grace: timedelta, only: str = ""
) -> Report:
    """Every invariant on this connection, in the transaction that is open."""
    values = {"now": now, "settled": now - max(grace, BOOKS_GRACE)}
    report = Report()
    wanted = (each for each in ALL if only in ("", each.id))
    for invariant in sorted(wanted, key=lambda each: each.id):
        for each in invariant.checks:
            if not set(each.books) <= set(given):
                report.unchecked.append(f"{invariant.id}: {each.explain}")
                continue
            violation = found_by(invariant, each, cursor, values)
            if violation:
                report.violations.append(violation)
        report.checked.append(invariant.id)
    return report


@contextmanager
def _snapshot() -> Iterator[Any]:
    """All queries see the database as it was at the first of them; nothing is ever written."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT 1")
        yield cursor
        transaction.set_rollback(True)
