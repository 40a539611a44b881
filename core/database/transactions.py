"""The rule that no network call is made while a transaction is open, as a guard that also works under tests."""

from django.db import connection


class InsideTransaction(RuntimeError):
    """A network call was about to be made with a database transaction open: a bug in our code."""


def refuse_inside_transaction(what: str) -> None:
    """Raise InsideTransaction if a transaction of our own is open.

    A TestCase wraps each test in blocks of its own; Django marks those, so that they do not count.
    """
    own_blocks = [
        block for block in connection.atomic_blocks if not getattr(block, "_from_testcase", False)
    ]
    if own_blocks:
        raise InsideTransaction(f"{what} was called inside a database transaction")
