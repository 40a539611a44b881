"""A connection from the pool, alive and in bounded time, or a refusal; and the pool's numbers.

The numbers are OpenTelemetry's nine of a client's connection pool, and how many waited at all.
"""

import time
from collections.abc import Callable
from typing import Any, Self

from prometheus_client import Counter, Gauge, Histogram
from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool, PoolTimeout

from core.breakers.guard import NotPermitted
from core.database import guards
from core.database.guards import POSTGRES, DatabaseAway

TRIES_MAX = 3
BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0)

connections = Gauge(
    "db_pool_connections", "Open connections", ["state"], multiprocess_mode="livesum"
)
idle_max = Gauge("db_pool_idle_max", "Most that are kept idle", multiprocess_mode="livesum")
idle_min = Gauge("db_pool_idle_min", "Fewest that are kept", multiprocess_mode="livesum")
size_max = Gauge("db_pool_max", "Most that may be open", multiprocess_mode="livesum")
pending = Gauge("db_pool_pending_requests", "Waiting for one", multiprocess_mode="livesum")
timeouts_total = Counter("db_pool_timeouts", "Waited in vain")
refused_total = Counter("db_pool_refused", "Not even asked for: the server is gone")
broken_total = Counter("db_pool_broken", "Found dead when they were taken")
create_seconds = Histogram("db_pool_create_seconds", "To open one", buckets=BUCKETS)
wait_seconds = Histogram("db_pool_wait_seconds", "From asking to having", buckets=BUCKETS)
use_seconds = Histogram("db_pool_use_seconds", "From having to giving back", buckets=BUCKETS)
acquisitions_total = Counter("db_pool_acquisitions", "Connections taken", ["waited"])
_AT_ONCE, _WAITED = acquisitions_total.labels("no"), acquisitions_total.labels("yes")
_IDLE, _USED = connections.labels("idle"), connections.labels("used")


class PooledConnection(Connection[Any]):
    """As the pool opens them: timed, and whether the server lets us in is noted."""

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
        began = time.perf_counter()
        try:
            made = super().connect(conninfo, **kwargs)
        except OperationalError:
            guards.shut_out()
            raise
        guards.let_in()
        create_seconds.observe(time.perf_counter() - began)
        return made


def acquire(pool: ConnectionPool[Any], take: Callable[[], Any]) -> Any:
    """What `take` gets out of the pool, tried and alive.

    Raises DatabaseAway at once while the server is gone, PoolTimeout after the pool's bounded wait.
    """
    began = time.perf_counter()
    waits = pool.get_stats().get("pool_available", 0) == 0
    try:
        taken = POSTGRES.call(_alive, pool, take)
    except NotPermitted as refusal:
        refused_total.inc()
        raise DatabaseAway("left alone for a moment") from refusal
    except PoolTimeout:
        timeouts_total.inc()
        raise
    wait_seconds.observe(time.perf_counter() - began)
    (_WAITED if waits else _AT_ONCE).inc()
    show(pool)
    return taken


def given_back(pool: ConnectionPool[Any], seconds: float) -> None:
    use_seconds.observe(seconds)
    show(pool)


def show(pool: ConnectionPool[Any]) -> dict[str, int]:
    """The gauges of this process's pool."""
    stats = pool.get_stats()
    _IDLE.set(stats["pool_available"])
    _USED.set(stats["pool_size"] - stats["pool_available"])
    pending.set(stats["requests_waiting"])
    return stats


def begun(pool: ConnectionPool[Any]) -> None:
    """What does not change is shown once."""
    idle_max.set(pool.max_size)
    idle_min.set(pool.min_size)
    size_max.set(pool.max_size)


def _alive(pool: ConnectionPool[Any], take: Callable[[], Any]) -> Any:
    """One that answers. Where one is found dead the others that lie idle are looked at too, as after a restart."""
    for _ in range(TRIES_MAX):
        taken = take()
        try:
            ConnectionPool.check_connection(taken)
        except OperationalError:
            broken_total.inc()
            pool.putconn(taken)
            pool.check()
        else:
            return taken
    raise PoolTimeout("every connection was found dead")
