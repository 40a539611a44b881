"""A hint where the planner can't know better: how rare the keys of an array are that it has no statistics of."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

WALK = "SET LOCAL enable_seqscan = {0}; SET LOCAL enable_indexscan = {0}"


@contextmanager
def by_look_up() -> Iterator[None]:
    """Statements inside look their keys up: they walk neither a table nor an index in its order while they filter."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WALK.format("off"))
        yield
        cursor.execute(WALK.format("on"))
