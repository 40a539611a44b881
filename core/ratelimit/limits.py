"""The limits at the doors, counted for each client network by django-ratelimit in its own Valkey database.

When that database is away nothing fails open: each process counts for itself, with a share of the limit, until
it is back. A store that does not answer is left alone for a few seconds, so that no request waits for it twice.
"""

import threading
import time
from dataclasses import dataclass, field

import structlog
from django.conf import settings
from django.http import HttpRequest
from django_ratelimit.core import _split_rate, get_usage
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

from core.crypto.index import keyed_digest
from core.errors import TooMany
from core.ratelimit.address import client_network

LINKS, POSTS, PAGES = "unknown_links", "posts", "pages"
PAUSE_SECONDS = 5.0
LOCAL_SHARE = 4
LOCAL_KEYS_MAX = 10_000

log = structlog.get_logger(__name__)


class TooManyRequests(TooMany):
    code = "too_many_requests"
    detail = "Too many tries. Wait a little and try again."


@dataclass(frozen=True)
class Usage:
    """How much of a limit is used, and in how many seconds it begins anew."""

    count: int
    limit: int
    seconds_left: int

    @property
    def over(self) -> bool:
        return self.count > self.limit


def spend(request: HttpRequest, name: str) -> Usage:
    """Count this request against the named limit; raises TooManyRequests when that is too many."""
    usage = _usage(request, name, increment=True)
    if usage.over:
        _refuse(request, name, usage)
    return usage


def look(request: HttpRequest, name: str) -> Usage:
    """Raises TooManyRequests when the limit is used up; counts nothing."""
    usage = _usage(request, name, increment=False)
    if usage.count >= usage.limit:
        _refuse(request, name, usage)
    return usage


def _refuse(request: HttpRequest, name: str, usage: Usage) -> None:
    who = keyed_digest(client_network(request), purpose="log-network")[:16]
    log.warning("excess_rate_limit_exceeded", limit=name, count=usage.count, network=who)
    raise TooManyRequests(retry_after=max(1, usage.seconds_left))


def _usage(request: HttpRequest, name: str, *, increment: bool) -> Usage:
    rate = settings.RATE_LIMITS[name]
    if _local.store_is_resting():
        return _local.usage(client_network(request), name, rate, increment=increment)
    try:
        found = get_usage(
            request,
            group=name,
            key=lambda _group, asked: client_network(asked),
            rate=rate,
            increment=increment,
        )
    except (RedisError, ConnectionInterrupted, OSError) as error:
        _local.rest(type(error).__name__)
        return _local.usage(client_network(request), name, rate, increment=increment)
    return Usage(found["count"], found["limit"], found["time_left"])


@dataclass
class _LocalLimits:
    """Fixed windows in this process's memory, for as long as the shared store is away."""

    counts: dict[tuple[str, str, int], int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    resting_until: float = 0.0

    def store_is_resting(self) -> bool:
        return time.monotonic() < self.resting_until

    def rest(self, error: str) -> None:
        self.resting_until = time.monotonic() + PAUSE_SECONDS
        log.error("ratelimit_store_down", error=error)

    def usage(self, network: str, name: str, rate: str, *, increment: bool) -> Usage:
        limit, seconds = _split_rate(rate)
        window, passed = divmod(int(time.time()), seconds)
        key = (network, name, window)
        with self.lock:
            if len(self.counts) > LOCAL_KEYS_MAX:
                self.counts.clear()
            count = self.counts.get(key, 0) + increment
            self.counts[key] = count
        return Usage(count, max(1, limit // LOCAL_SHARE), seconds - passed)


_local = _LocalLimits()
