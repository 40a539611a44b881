"""A row with a state machine: each move is one statement that changes the row and writes its history.

The move is conditional on the status that was read, so of two hands one moves the row and the other is
told; both halves stand or fall together even outside a transaction.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.db import connection, models

from core.errors import Conflict
from core.ids import uuid7
from core.tracing.propagation import trace_id


class WrongState(Conflict):
    code = "wrong_state"
    out_of_order = True
    detail = "This can’t be done any more. Reload the page to see where things stand."


class MovedMeanwhile(Conflict):
    """Another hand moved the row since it was read: read it again."""

    code = "moved_meanwhile"
    detail = "Somebody else changed this at the same moment. Reload the page."


@dataclass(frozen=True)
class Beside:
    """An insert that belongs to a move: `statement` selects from `changed`, the row that was moved, and
    returns first a column that is never null."""

    statement: str
    values: list[Any]


Moving = Callable[[Beside], tuple[Any, ...] | None]


class Stateful(models.Model):
    """Subclasses name their `machine`, their `history` model and the history's foreign key column."""

    machine: ClassVar[Mapping[tuple[str, str], str]]
    history: ClassVar[type["HistoryRow"]]
    history_column: ClassVar[str]

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    status = models.CharField(max_length=24)
    changed_at = models.DateTimeField()

    class Meta:
        abstract = True

    def may(self, action: str) -> bool:
        return (self.status, action) in self.machine

    def wrong_state(self, action: str) -> WrongState:
        return WrongState(state=self.status, action=action)

    def _begin(self, *, actor: str, cause: str, now: datetime) -> None:
        """Insert this row with the first line of its history, in one statement."""
        self.changed_at = now
        fields = self._meta.concrete_fields
        columns, values = self._prepared([field.name for field in fields])
        line = self._line("", self.status, "begin", actor=actor, cause=cause, now=now)
        quote = connection.ops.quote_name
        self._with_line(
            f"INSERT INTO {quote(self._meta.db_table)}"  # noqa: S608 - our own names
            f" ({', '.join(map(quote, columns))})"
            f" VALUES ({', '.join(['%s'] * len(columns))}) RETURNING id",
            values,
            line,
        )
        self._state.adding = False
        self._state.db = connection.alias

    def _move(
        self,
        action: str,
        *,
        actor: str,
        cause: str,
        now: datetime,
        beside: Beside | None = None,
        **changes: Any,
    ) -> tuple[Any, ...] | None:
        """Raises WrongState where the table has no cell, MovedMeanwhile when another hand was first.

        `beside` is one more insert in the statement of the move, made only if the row moved; the move returns
        what that returned.
        """
        before = self.status
        try:
            after = self.machine[before, action]
        except KeyError:
            raise self.wrong_state(action) from None
        line = self._line(before, str(after), action, actor=actor, cause=cause, now=now)
        with self._as_it_was_unless_written(
            {**changes, "status": str(after), "changed_at": now}
        ) as names:
            row = self._write(before, names, line, beside)
            if row is None:
                raise MovedMeanwhile(state=before, action=action)
        return row if beside is not None and row[0] is not None else None

    @contextmanager
    def _as_it_was_unless_written(self, changes: Mapping[str, Any]) -> Iterator[list[str]]:
        """The object never says what its row does not: a write that fails leaves both as they were."""
        before = {name: getattr(self, name) for name in changes}
        for name, value in changes.items():
            setattr(self, name, value)
        try:
            yield list(changes)
        except BaseException:
            for name, value in before.items():
                setattr(self, name, value)
            raise

    def _write(
        self, before: str, names: list[str], line: dict[str, Any], beside: Beside | None = None
    ) -> tuple[Any, ...] | None:
        quote = connection.ops.quote_name
        columns, values = self._prepared(names)
        assignments = ", ".join(f"{quote(column)} = %s" for column in columns)
        return self._with_line(
            f"UPDATE {quote(self._meta.db_table)} SET {assignments}"  # noqa: S608 - our own names
            " WHERE id = %s AND status = %s RETURNING id",
            [*values, self.pk, before],
            line,
            beside,
        )

    def _with_line(
        self, change: str, values: list[Any], line: dict[str, Any], beside: Beside | None = None
    ) -> tuple[Any, ...] | None:
        """The change, and its line of history and what goes beside it if it changed a row; else None."""
        quote = connection.ops.quote_name
        columns = ", ".join(quote(column) for column in (self.history_column, *line))
        parts = [
            f"changed AS ({change})",
            f"told AS (INSERT INTO {quote(self.history._meta.db_table)} ({columns})"  # noqa: S608
            f" SELECT id, {', '.join(['%s'] * len(line))} FROM changed RETURNING id)",
        ]
        values = [*values, *line.values()]
        found = "SELECT id FROM told"
        if beside is not None:
            parts.append(f"beside AS ({beside.statement})")
            values += beside.values
            found = "SELECT beside.* FROM told LEFT JOIN beside ON true"
        with connection.cursor() as cursor:
            # Our own names; every value is a parameter.
            cursor.execute(f"WITH {', '.join(parts)} {found}", values)
            return cursor.fetchone()

    def _line(
        self, before: str, after: str, action: str, *, actor: str, cause: str, now: datetime
    ) -> dict[str, Any]:
        return {
            "id": uuid7(),
            "from_status": before,
            "to_status": after,
            "action": action,
            "actor": actor,
            "cause": cause[:120],
            "trace_id": trace_id(),
            "at": now,
        }

    def _prepared(self, names: list[str]) -> tuple[list[str], list[Any]]:
        """Column names and values as the fields themselves save them (sealing among it)."""
        by_name = {field.name: field for field in self._meta.concrete_fields}
        fields = [by_name[name] for name in names]
        values = [
            field.get_db_prep_save(field.pre_save(self, False), connection) for field in fields
        ]
        return [str(field.column) for field in fields], values


class HistoryRow(models.Model):
    """From, to, by whom, why, in which trace. Insert-only: the database refuses the rest."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    from_status = models.CharField(max_length=24, blank=True)
    to_status = models.CharField(max_length=24)
    action = models.CharField(max_length=40)
    actor = models.CharField(max_length=150)
    cause = models.CharField(max_length=120)
    trace_id = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"
