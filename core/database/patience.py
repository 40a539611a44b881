"""More time than the application's role has: for jobs of operations that read or rewrite whole tables."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def patience() -> Iterator[None]:
    """A transaction without the role's limits on a statement's time and on pauses between statements; of one
    that is open already, the rest. How long it waits for a lock stays as it is: nobody queues behind it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield
