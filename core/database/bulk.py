"""Many rows at once by COPY: for sample data and imports, where a statement for each row takes hours."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.db import connection, models
from psycopg import sql

from core.crypto import keyring
from core.ids import uuid7

# Counting up from a fresh UUID stays within its random bits for this many.
IDS_OF_ONE_DRAW = 10_000


def copy(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Writes rows given as values of these fields (a foreign key by its attname); returns how many.

    Database values as they are: JSON through `plain`, sealed fields as bytes. Triggers and constraints speak
    as they do for any insert, but a model's `save()` and its defaults don't.
    """
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join([sql.Identifier(field.column) for field in fields]),
    )
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement.as_string(cursor.connection)) as pipe:
        for row in rows:
            pipe.write_row(row)
            count += 1
    return count


def plain(value: Any) -> str:
    """JSON for a jsonb column."""
    return json.dumps(value, separators=(",", ":"))


def ids() -> Iterator[str]:
    """Primary keys without end, as text: each draw of 62 random bits starts a row of neighbours."""
    while True:
        first = uuid7().int
        for number in range(first, first + IDS_OF_ONE_DRAW):
            text = f"{number:032x}"
            yield f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def sealer(model: type[models.Model], name: str) -> Callable[[Any, Any], bytes]:
    """Seals values of one field, given the row's key and the value, as saving the row would."""
    field: Any = model._meta.get_field(name)
    ring, prefix, to_bytes = keyring.ring(), field.aad_of(""), field.value_to_bytes
    return lambda pk, value: ring.seal(to_bytes(value), f"{prefix}{pk}")


def check_constraints() -> None:
    """Has what is deferred to the commit checked now, so that a long transaction does not pile it up."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
