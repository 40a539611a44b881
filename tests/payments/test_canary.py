"""After an erasure nothing of the person is in the database but on the invoice: every text, and all that is sealed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from psycopg import sql

from core import clock
from core.invariants import sealed
from core.outbox import tasks
from core.privacy import erasing
from courses.services.details import CustomerDetails
from tests.courses.make import change, make_ready, make_session
from tests.payments import make

CANARIES = ("canaria", "0161 555 0199", "kanarienweg")
CUSTOMER = CustomerDetails(
    name="Carla Canaria", email="carla@canaria.example", phone="0161 555 0199", company="Canaria Ltd",
    address="1 Kanarienweg", postcode="LS1 1AA", purchase_order="PO-canaria",
)  # fmt: skip
FOR_THE_LAW = {("invoicing_document", "private")}
TYPED_AND_MAILED = {
    ("courses_customer", "name"), ("courses_customer", "email"), ("courses_customer", "phone"),
    ("courses_customer", "company"), ("courses_customer", "address"), ("courses_booking", "purchase_order"),
    ("courses_attendee", "name"), ("courses_attendee", "email"), ("courses_attendee", "access_needs"),
    ("mail_message", "recipient"), ("mail_message", "text"), ("mail_message", "html"),
}  # fmt: skip
COLUMNS = """
    SELECT c.table_name, c.column_name, c.data_type, k.attname FROM information_schema.columns AS c
    JOIN pg_index AS i ON i.indisprimary AND i.indrelid = format('public.%I', c.table_name)::regclass
    JOIN pg_attribute AS k ON k.attrelid = i.indrelid AND k.attnum = i.indkey[0]
    WHERE c.table_schema = 'public' AND c.data_type IN
        ('text', 'character varying', 'character', 'jsonb', 'ARRAY', 'bytea')
"""


def found() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        return {
            (table, column)
            for table, column, kind, key in cursor.fetchall()
            if any(_betrays(text) for text in _texts(cursor, table, column, kind, key))
        }


def _texts(cursor: Any, table: str, column: str, kind: str, key: str) -> list[str]:
    shown = (
        sql.Identifier(column)
        if kind == "bytea"
        else sql.SQL("{}::text").format(sql.Identifier(column))
    )
    cursor.execute(
        sql.SQL("SELECT {}, {} FROM {} WHERE {} IS NOT NULL").format(
            sql.Identifier(key), shown, sql.Identifier(table), sql.Identifier(column)
        )
    )
    rows = cursor.fetchall()
    if kind != "bytea":
        return [text for _, text in rows]
    opened = (sealed.opened(bytes(value), table=table, column=column, key=pk) for pk, value in rows)
    return [value.decode("utf-8", "replace") for value in opened]


def _betrays(text: str) -> bool:
    return any(canary in text.casefold() for canary in CANARIES)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_but_the_invoice(sandbox):
    now = clock.now()
    booking = make_ready(
        make_session(on=(now + timedelta(days=30)).date()), places=2, customer=CUSTOMER, now=now
    )
    change(
        booking, 1, name="Anna Canaria", email="anna@canaria.example", access_needs="A canaria ramp"
    )
    make.pay(booking, sandbox, now=now)
    for _ in range(4):
        tasks.sweep()
    # The scan can fail: before, it finds all that was typed and mailed.
    assert found() >= TYPED_AND_MAILED | FOR_THE_LAW

    session = booking.session
    type(session).objects.filter(pk=session.pk).update(
        starts_at=now - timedelta(days=2), ends_at=now - timedelta(days=1)
    )
    person = erasing.find(booking.reference)
    erasing.erase(person, actor="command", reason="carla@canaria.example asked", now=clock.now())
    assert found() == FOR_THE_LAW
