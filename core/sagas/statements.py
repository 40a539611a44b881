"""The few statements that the safety of sagas rests on, each one atomic in itself.

Compare-and-set on the epoch, insert of the log row only where the set succeeded, leases taken by one of many.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection

from core.sagas.states import OPEN

if TYPE_CHECKING:
    from core.sagas.models import SagaRun, SagaStepLog

GUARD = "AND epoch = %(seen_epoch)s"

_OPEN_SQL = ", ".join(f"'{state}'" for state in OPEN)

TAKE_LEASE = f"""
    UPDATE sagas_sagarun
    SET epoch = epoch + 1, leased_until = %(lease_ends)s, handed_until = NULL,
        state = CASE state WHEN 'waiting' THEN 'running' ELSE state END
    WHERE id = %(id)s AND state IN ({_OPEN_SQL}) AND due_at <= %(now)s
      AND (leased_until IS NULL OR leased_until <= %(now)s)
    RETURNING *
"""  # noqa: S608 - made of constants

HAND_OVER = f"""
    WITH due AS MATERIALIZED (
        SELECT id FROM sagas_sagarun
        WHERE state IN ({_OPEN_SQL}) AND due_at <= %(now)s
          AND (leased_until IS NULL OR leased_until <= %(now)s)
          AND (handed_until IS NULL OR handed_until <= %(now)s)
        ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE sagas_sagarun AS run SET handed_until = %(until)s FROM due WHERE run.id = due.id
    RETURNING run.id
"""  # noqa: S608 - made of constants

SIGNAL = f"""
    UPDATE sagas_sagarun
    SET signals = signals + 1, due_at = %(now)s, handed_until = %(until)s
    WHERE name = %(name)s AND subject_id = %(subject_id)s AND state IN ({_OPEN_SQL})
    RETURNING id
"""  # noqa: S608 - made of constants

_LOG_COLUMNS = ("id", "step", "direction", "outcome", "attempt", "error", "at", "duration_ms")


def fetch_ids(statement: str, values: Mapping[str, Any]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [run_id for (run_id,) in cursor.fetchall()]


def insert_once(values: Mapping[str, Any]) -> bool:
    """False when the subject already has a run of that name."""
    statement = f"""
        INSERT INTO sagas_sagarun ({", ".join(values)}) VALUES ({_places(values)})
        ON CONFLICT (name, subject_id) DO NOTHING
        RETURNING id
    """  # noqa: S608 - column names are the model's
    return bool(fetch_ids(statement, _to_columns(values)))


def move(
    run: "SagaRun", changes: Mapping[str, Any], entry: "SagaStepLog | None", now: datetime
) -> tuple[int, int, datetime] | None:
    """Write row and log together; the new epoch, signals and due time, or None when the epoch has passed on."""
    values = {f"new_{name}": value for name, value in changes.items()}
    values.setdefault("new_due_at", run.due_at)
    values |= {"run": run.id, "seen_epoch": run.epoch, "seen_signals": run.signals, "now": now}
    if entry is not None:
        values |= {f"log_{name}": getattr(entry, name) for name in _LOG_COLUMNS}
    assignments = [f"{name} = %(new_{name})s" for name in changes if name != "due_at"]
    statement = f"""
        WITH moved AS (
            UPDATE sagas_sagarun SET
                due_at = CASE WHEN signals = %(seen_signals)s THEN %(new_due_at)s ELSE %(now)s END,
                {", ".join(["epoch = epoch + 1", *assignments])}
            WHERE id = %(run)s {GUARD}
            RETURNING id, epoch, signals, due_at
        ){_LOGGED if entry is not None else ""}
        SELECT epoch, signals, due_at FROM moved
    """  # noqa: S608 - column names come from the engine, values are parameters
    with connection.cursor() as cursor:
        cursor.execute(statement, _to_columns(values))
        return cursor.fetchone()


_LOGGED = f""",
        logged AS (
            INSERT INTO sagas_sagasteplog (run_id, epoch, {", ".join(_LOG_COLUMNS)})
            SELECT id, epoch, {", ".join(f"%(log_{name})s" for name in _LOG_COLUMNS)} FROM moved
        )"""  # noqa: S608 - made of constants


def _places(names: Mapping[str, Any]) -> str:
    return ", ".join(f"%({name})s" for name in names)


def _to_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _to_column(value) for name, value in values.items()}


def _to_column(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value)
    return value.value if isinstance(value, Enum) else value
