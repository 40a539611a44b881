"""A commit whose answer was lost is looked up, not guessed and not repeated: the server knows what became of it."""

import time
from typing import Any

import structlog
from django.db import Error as DjangoError
from prometheus_client import Counter
from psycopg import Error
from psycopg.pq import TransactionStatus

SECONDS_MAX = 3.0
PAUSE_SECONDS = 0.05

log = structlog.get_logger(__name__)
lost_total = Counter("db_lost_commits", "Commits whose answer was lost", ["outcome"])


def number_of(connection: Any) -> str:
    """The server's number for the open transaction; "" when it has written nothing, so that nothing can be lost."""
    if connection.info.transaction_status != TransactionStatus.INTRANS:
        return ""
    found = connection.execute("SELECT pg_current_xact_id_if_assigned()::text").fetchone()
    return found[0] or "" if found else ""


def became_of(number: str, connect: Any) -> str:
    """committed, aborted, or unknown when the server does not say in time. `connect` gives a new connection."""
    ends, status = time.monotonic() + SECONDS_MAX, "unknown"
    while time.monotonic() < ends:
        try:
            row = connect().execute("SELECT pg_xact_status(%s::xid8)", [number]).fetchone()
            status = row[0] or "unknown"
        except (Error, DjangoError) as error:
            log.info("lost_commit_not_looked_up", error=type(error).__name__)
        if status in ("committed", "aborted"):
            break
        time.sleep(PAUSE_SECONDS)
    lost_total.labels(status.replace(" ", "_")).inc()
    log.warning("commit_answer_lost", outcome=status)
    return status
