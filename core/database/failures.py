"""What the database can't do now, as a refusal: 503 and when to try again, instead of an error of ours.

Nothing here says that nothing was done: a connection that is lost while it commits leaves that open. Who comes back
with the same key, or looks at the booking, finds out.
"""

import structlog
from django.db import Error as DjangoError
from prometheus_client import Counter
from psycopg import Error, InterfaceError, OperationalError, errors
from psycopg_pool import PoolTimeout

from core.database.guards import DatabaseAway
from core.errors import Unavailable

RETRY_AFTER_SECONDS = 2
READ_ONLY_RETRY_AFTER_SECONDS = 60

log = structlog.get_logger(__name__)
failures_total = Counter("db_failures", "Work that the database could not do", ["why"])


class Busy(Unavailable):
    """Every connection is taken, or another holds what is needed."""

    code = "busy"
    detail = "We’re busier than usual. Try again in a few seconds."


class Away(Unavailable):
    """The database is gone, or went while it worked for us."""

    code = "unavailable"
    detail = "Something on our side is away for a moment. Try again in a few seconds."


class NothingCanBeWritten(Unavailable):
    """The disk is full, or the server only reads."""

    code = "unavailable"
    detail = "We can’t keep anything new right now. Try again in a few minutes."


_BUSY: dict[type[Error], str] = {
    PoolTimeout: "exhausted",
    errors.LockNotAvailable: "lock",
    errors.QueryCanceled: "statement_timeout",
    errors.SerializationFailure: "conflict",
    errors.DeadlockDetected: "conflict",
    errors.IdleInTransactionSessionTimeout: "idle_in_transaction",
}
_UNWRITABLE: dict[type[Error], str] = {
    errors.ReadOnlySqlTransaction: "read_only",
    errors.DiskFull: "disk_full",
}
_GONE = ("08", "57P")
_FULL = "53300"


def as_refusal(error: BaseException) -> Unavailable | None:
    """None for what is an error of ours, such as a wrong statement."""
    cause = error.__cause__ if isinstance(error, DjangoError) else error
    if not isinstance(cause, Error):
        return None
    for known, refusal, seconds in (
        (_BUSY, Busy, RETRY_AFTER_SECONDS),
        (_UNWRITABLE, NothingCanBeWritten, READ_ONLY_RETRY_AFTER_SECONDS),
    ):
        why = next((why for kind, why in known.items() if isinstance(cause, kind)), "")
        if why:
            return _told(why, refusal(retry_after=seconds), cause)
    if _is_gone(cause):
        return _told("away", Away(retry_after=RETRY_AFTER_SECONDS), cause)
    return None


def _is_gone(cause: Error) -> bool:
    state = cause.sqlstate
    if state is not None:
        return state.startswith(_GONE) or state == _FULL
    # Without a state it is the client that speaks: no connection, or none any more.
    return isinstance(cause, (DatabaseAway, OperationalError, InterfaceError))


def _told(why: str, refusal: Unavailable, cause: Error) -> Unavailable:
    failures_total.labels(why).inc()
    level = log.error if isinstance(refusal, NothingCanBeWritten) else log.warning
    level("database_refused", why=why, error=type(cause).__name__)
    return refusal
