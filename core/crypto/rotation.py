"""Re-sealing of every sealed column under the first key, while traffic runs.

Each row is changed by a conditional update on its old ciphertext, so that a concurrent write wins. A row
that is done no longer matches, so that a run that was killed goes on where it was by starting again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from core.crashpoints import crash_point
from core.crypto import keyring
from core.crypto.fields import SealedField


@dataclass
class Tally:
    """What became of one column. `unreadable` holds primary keys; their rows were left as they are."""

    column: str
    resealed: int = 0
    overtaken: int = 0
    unreadable: list[str] = field(default_factory=list)
    refused: str = ""

    @property
    def done(self) -> bool:
        return not self.unreadable and not self.refused


def sealed_columns() -> list[SealedField]:
    """Every sealed field of every table of ours."""
    return [
        column
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy
        for column in model._meta.local_fields
        if isinstance(column, SealedField)
    ]


def name_of(column: SealedField) -> str:
    return f"{column.model._meta.db_table}.{column.column}"


def rotate(
    column: SealedField,
    *,
    batch_size: int,
    progress: Callable[[Tally], None] = lambda _tally: None,
) -> Tally:
    """Reseal all of one column that is not under the first key yet; `progress` hears of each batch."""
    tally = Tally(column=name_of(column))
    try:
        for rows in _batches(column, batch_size):
            with transaction.atomic():
                for pk, old in rows:
                    _reseal(column, pk, bytes(old), tally)
            progress(tally)
            crash_point("CP18")
    except DatabaseError as error:
        tally.refused = type(error).__name__
    return tally


def under_each_key(column: SealedField) -> dict[str, int]:
    """How many values of one column each key sealed; what is no sealed value counts under "?"."""
    with connection.cursor() as cursor:
        cursor.execute(_named(_KEYS, column))
        headers = [(bytes(header), count) for header, count in cursor.fetchall()]
    found: dict[str, int] = {}
    for header, count in headers:
        known = header[:1] == bytes([keyring.VERSION]) and header[2:].isascii()
        key_id = header[2:].decode("ascii") if known else "?"
        found[key_id] = found.get(key_id, 0) + count
    return found


def _batches(column: SealedField, batch_size: int) -> Iterator[list[tuple[Any, bytes]]]:
    """Rows under another key than the first, by primary key, each seen once."""
    header = keyring.ring().header(keyring.ring().writing_id)
    after: Any = None
    while True:
        statement = _FIRST_ROWS if after is None else _NEXT_ROWS
        values = {"length": len(header), "header": header, "after": after, "limit": batch_size}
        with connection.cursor() as cursor:
            cursor.execute(_named(statement, column), values)
            rows = cursor.fetchall()
        if not rows:
            return
        yield rows
        after = rows[-1][0]


def _reseal(column: SealedField, pk: Any, old: bytes, tally: Tally) -> None:
    try:
        new = keyring.seal(keyring.open(old, column.aad_of(pk)), column.aad_of(pk))
    except keyring.Unreadable:
        tally.unreadable.append(str(pk))
        return
    with connection.cursor() as cursor:
        cursor.execute(_named(_RESEAL, column), {"new": new, "pk": pk, "old": old})
        if cursor.rowcount == 1:
            tally.resealed += 1
        else:
            tally.overtaken += 1


def _named(statement: sql.SQL, column: SealedField) -> sql.Composed:
    meta: Any = column.model._meta
    return statement.format(
        table=sql.Identifier(meta.db_table),
        column=sql.Identifier(str(column.column)),
        pk=sql.Identifier(meta.pk.column),
    )


_FIRST_ROWS = sql.SQL(
    "SELECT {pk}, {column} FROM {table} "
    "WHERE {column} IS NOT NULL AND substring({column} FROM 1 FOR %(length)s) <> %(header)s "
    "ORDER BY {pk} LIMIT %(limit)s"
)
_NEXT_ROWS = sql.SQL(
    "SELECT {pk}, {column} FROM {table} WHERE {pk} > %(after)s "
    "AND {column} IS NOT NULL AND substring({column} FROM 1 FOR %(length)s) <> %(header)s "
    "ORDER BY {pk} LIMIT %(limit)s"
)
_KEYS = sql.SQL(
    "SELECT substring({column} FROM 1 FOR 2 + get_byte({column}, 1)), count(*) FROM {table} "
    "WHERE {column} IS NOT NULL AND length({column}) > 30 GROUP BY 1"
)
_RESEAL = sql.SQL(
    "UPDATE {table} SET {column} = %(new)s WHERE {pk} = %(pk)s AND {column} = %(old)s"
)
