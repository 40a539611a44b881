"""INV-40 and 41, as far as the database tells: nothing personal in plain text where machines leave it, and what is
sealed opens in its own place alone."""

from collections.abc import Iterator, Mapping
from typing import Any

from psycopg import sql

from core.invariants.invariant import Check, Invariant, Row
from core.invariants.sealed import Unopenable, opened

BATCH = 500
# Opened and compared with its digest by INV-37.
ELSEWHERE = ("invoicing_file",)
# An address that somebody reads e-mail at, and a card's number; ids have letters or hyphens around their digits.
PATTERN = r"[[:alnum:]._+-]+@[[:alnum:]-]+\.[[:alpha:]]{2,}|(?<![[:alnum:]-])[3-6][0-9]{12,18}(?![[:alnum:]-])"
PLAIN = (
    ("outbox_message", "payload"),
    ("outbox_delivery", "error"),
    ("sagas_sagarun", "data"),
    ("sagas_sagarun", "error"),
    ("payments_webhookevent", "error"),
    ("payments_paymenttransition", "cause"),
    ("audit_auditentry", "before"),
    ("audit_auditentry", "after"),
    ("mail_delivery", "answer"),
)
_COLUMNS = """
    SELECT a.attrelid::regclass::text, a.attname, k.attname FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
    JOIN pg_attribute AS k ON k.attrelid = c.oid AND k.attnum = i.indkey[0]
    WHERE a.atttypid = 'bytea'::regtype AND NOT a.attisdropped AND i.indnkeyatts = 1 ORDER BY 1, 2
"""


def plain_texts(cursor: Any, values: Mapping[str, Any]) -> Iterator[Row]:
    """Names the row and the column, never what stands there."""
    for table, column in PLAIN:
        cursor.execute(
            sql.SQL("SELECT id FROM {} WHERE {}::text ~ %s").format(
                sql.Identifier(table), sql.Identifier(column)
            ),
            [PATTERN],
        )
        for (key,) in cursor.fetchall():
            yield {"table": table, "column": column, "row": key}


def unopenable(cursor: Any, values: Mapping[str, Any]) -> Iterator[Row]:
    for table, column, key in _sealed(cursor):
        last: Any = None
        while True:
            rows = _batch(cursor, table, column, key, last)
            if not rows:
                break
            for row, value in rows:
                try:
                    opened(bytes(value), table=table, column=column, key=row)
                except Unopenable as error:
                    yield {"table": table, "column": column, "row": row, "why": str(error)}
            last = rows[-1][0]


def repeated_nonces(cursor: Any, values: Mapping[str, Any]) -> Iterator[Row]:
    """`version | length | key id | nonce`: the same header and nonce twice is one key stream used twice."""
    for table, column, _ in _sealed(cursor):
        cursor.execute(
            sql.SQL(
                "SELECT count(*) FROM {table} WHERE {column} IS NOT NULL"
                " GROUP BY substr({column}, 1, get_byte({column}, 1) + 14) HAVING count(*) > 1"
            ).format(table=sql.Identifier(table), column=sql.Identifier(column))
        )
        for (count,) in cursor.fetchall():
            yield {"table": table, "column": column, "times": count}


def _sealed(cursor: Any) -> list[tuple[str, str, str]]:
    """Every column of bytes: nothing else here is kept as bytes."""
    cursor.execute(_COLUMNS)
    return [row for row in cursor.fetchall() if row[0] not in ELSEWHERE]


def _batch(cursor: Any, table: str, column: str, key: str, last: Any) -> list[tuple[Any, Any]]:
    after = sql.SQL("") if last is None else sql.SQL("AND {} > %s").format(sql.Identifier(key))
    cursor.execute(
        sql.SQL(
            "SELECT {k}, {c} FROM {t} WHERE {c} IS NOT NULL {after} ORDER BY {k} LIMIT %s"
        ).format(
            k=sql.Identifier(key), c=sql.Identifier(column), t=sql.Identifier(table), after=after
        ),
        [BATCH] if last is None else [last, BATCH],
    )
    rows: list[tuple[Any, Any]] = cursor.fetchall()
    return rows


NOTHING_PERSONAL = Invariant(
    "INV-40",
    "No address and no card number stands in plain text where machines leave their words",
    (Check("an address or a card number stands in plain text", find=plain_texts),),
)
SEALED = Invariant(
    "INV-41",
    "Everything sealed opens with a known key in its own place, and no nonce was used twice",
    (
        Check("a sealed value does not open in its row", find=unopenable),
        Check("two sealed values share key and nonce", find=repeated_nonces),
    ),
)

INVARIANTS = (NOTHING_PERSONAL, SEALED)
