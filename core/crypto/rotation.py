"""Re-sealing of every sealed column under the first key, while traffic runs.

Each row is changed by a conditional update on its old ciphertext, so that a concurrent write wins. A row
that is done no longer matches, so that a run that was stopped goes on where it was by starting again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, transaction
from psycopg import sql

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


def rotate(column: SealedField, *, batch_size: int) -> Tally:
    """Reseal all of one column that is not under the first key yet."""
    tally = Tally(column=f"{column.model._meta.db_table}.{column.column}")
    try:
        for rows in _batches(column, batch_size):
            with transaction.atomic():
                for pk, old in rows:
                    _reseal(column, pk, bytes(old), tally)
    except DatabaseError as error:
        tally.refused = type(error).__name__
    return tally


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
_RESEAL = sql.SQL(
    "UPDATE {table} SET {column} = %(new)s WHERE {pk} = %(pk)s AND {column} = %(old)s"
)
