"""Long jobs have time, and nothing of it is left to who comes after."""

import pytest
from django.db import connection, transaction

from core.database.patience import patience

pytestmark = pytest.mark.django_db(transaction=True)
LIMITS = ("statement_timeout", "idle_in_transaction_session_timeout")


def in_force() -> list[str]:
    with connection.cursor() as cursor:
        return [cursor.execute(f"SHOW {name}").fetchone()[0] for name in LIMITS]


class TestPatience:
    def test_lasts_for_one_transaction(self):
        with connection.cursor() as cursor:
            for name in LIMITS:
                cursor.execute(f"SET {name} = '4s'")

        with patience():
            within = in_force()
        after = in_force()

        assert within == ["0", "0"]
        assert after == ["4s", "4s"]

    def test_leaves_the_limit_on_waiting_for_locks(self):
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '3s'")

        with patience(), connection.cursor() as cursor:
            waits = cursor.execute("SHOW lock_timeout").fetchone()[0]

        assert waits == "3s"

    def test_ends_with_its_transaction_when_that_fails(self):
        before = in_force()

        with pytest.raises(ZeroDivisionError), transaction.atomic(), patience():
            raise ZeroDivisionError

        assert in_force() == before
