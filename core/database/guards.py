"""The breaker around PostgreSQL: while it is gone nobody stands in line for a connection.

Only what says that the server lets nobody in counts. A pool whose connections are all busy is no outage: there the
wait itself is bounded.
"""

import time

from psycopg import OperationalError
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from core.breakers import registry
from core.breakers.policy import Policy, Window

FAILURE_KEPT_SECONDS = 10.0


class DatabaseAway(OperationalError):
    """PostgreSQL is left alone for a moment: nothing was asked."""


class _Door:
    """When the server last let somebody in, and when it last did not."""

    opened_at = float("-inf")
    shut_at = float("-inf")


def let_in() -> None:
    _Door.opened_at = time.monotonic()


def shut_out() -> None:
    _Door.shut_at = time.monotonic()


def says_that_it_is_gone(error: Exception) -> bool:
    if isinstance(error, PoolTimeout):
        lately = time.monotonic() - _Door.shut_at < FAILURE_KEPT_SECONDS
        return lately and _Door.shut_at > _Door.opened_at
    return isinstance(error, OperationalError) and not isinstance(
        error, (PoolClosed, TooManyRequests)
    )


POSTGRES = registry.register(
    Policy(
        "postgresql",
        window=Window.COUNT,
        window_size=2,
        minimum_calls=2,
        failure_rate=100.0,
        slow_rate=101.0,
        open_seconds=1.0,
        open_factor=1.0,
        probes=1,
        probe_seconds=5.0,
        counts=says_that_it_is_gone,
        shared=False,
        title="PostgreSQL, the database",
        effect="Every page says “Try again in a few seconds.” What was done before is safe.",
        fallback="None: nothing is decided without it",
    ),
    # Its orders come from the database, and any command of a terminal opens a connection.
    awaken=lambda: None,
)
