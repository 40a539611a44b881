"""No network call is made while a transaction is open, as a guard that also works under tests, nor with a connection held."""

import random
import time
from collections.abc import Callable, Iterator
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog
from django.db import connection
from prometheus_client import Counter
from psycopg import errors

RERUNS_MAX = 3
FIRST_PAUSE_SECONDS_MAX = 0.02
CONFLICTS = (errors.SerializationFailure, errors.DeadlockDetected)

log = structlog.get_logger(__name__)
reruns_total = Counter("db_reruns", "Transactions that met a conflict", ["work", "outcome"])
Given = ParamSpec("Given")
Answer = TypeVar("Answer")


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


def give_connection_back() -> None:
    """To the pool, for the time of something long that needs no database; the next statement takes one again.

    Inside a transaction (a TestCase is one) it stays.
    """
    if not connection.in_atomic_block:
        connection.close()


def rerun_on_conflict(work: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Runs the transaction that `work` is once more, up to three times, when the database chose it as the one to
    give way: a deadlock (40P01) or a serialisation failure (40001).

    Only for work that does all it does in that transaction, from what it is given by value. Inside another
    transaction the error goes out to whoever opened that.
    """

    @wraps(work)
    def rerun(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        if connection.in_atomic_block:
            return work(*args, **kwargs)
        for pause in _pauses():
            try:
                return work(*args, **kwargs)
            except Exception as error:
                if not is_conflict(error):
                    raise
                reruns_total.labels(work.__qualname__, "again").inc()
                log.info(
                    "transaction_run_again", work=work.__qualname__, error=type(error).__name__
                )
            time.sleep(pause)
        try:
            return work(*args, **kwargs)
        except Exception as error:
            if is_conflict(error):
                reruns_total.labels(work.__qualname__, "given_up").inc()
            raise

    return rerun


def is_conflict(error: BaseException | None) -> bool:
    """It, or what it was made from."""
    while error is not None:
        if isinstance(error, CONFLICTS):
            return True
        error = error.__cause__
    return False


def _pauses() -> Iterator[float]:
    """Longer each time, and by chance, so that two that met do not meet again."""
    for number in range(RERUNS_MAX):
        yield random.uniform(0, FIRST_PAUSE_SECONDS_MAX * 4**number)  # noqa: S311
