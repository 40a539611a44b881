"""Counting in the shared Valkey database: the windows of every request by one script for all of its limits, the
windows of what led nowhere by django-ratelimit, rolling ones (GCRA) by throttled-py (decision 0018).

All count in one atomic step on the server, so that neither a burst nor many processes get more than the limit.
A store that does not answer within its few milliseconds is left alone for PAUSE_SECONDS; each process then counts
for itself with its share of the limit. So no limit fails open, none shuts everybody out, and no request waits twice.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

import structlog
from django.core.cache import caches
from django.http import HttpRequest
from django_ratelimit.core import get_usage
from django_redis.exceptions import ConnectionInterrupted
from redis import ConnectionPool, Redis
from redis.exceptions import NoScriptError, RedisError
from throttled import rate_limiter as gcra
from throttled.exceptions import BaseThrottledError
from throttled.store import RedisStore

from core.breakers import registry
from core.breakers.guard import NotPermitted
from core.ratelimit import metrics
from core.ratelimit.local import LocalCounts
from core.ratelimit.rates import Rate
from core.ratelimit.usage import Usage

CACHE = "ratelimit"
# For each place: how many are allowed, and seconds. Gives count and seconds left of each, until one is over.
COUNT = """
local told = {}
for number, place in ipairs(KEYS) do
    local allowed, seconds = tonumber(ARGV[2 * number - 1]), tonumber(ARGV[2 * number])
    local count = redis.call("INCR", place)
    if count == 1 then redis.call("EXPIRE", place, seconds) end
    told[2 * number - 1], told[2 * number] = count, redis.call("TTL", place)
    if count > allowed then break end
end
return told
"""
COUNT_SHA = hashlib.sha1(COUNT.encode(), usedforsecurity=False).hexdigest()
PAUSE_SECONDS = 5.0
PROCESSES = 4
AWAY = (RedisError, BaseThrottledError, ConnectionInterrupted, OSError, NotPermitted)

log = structlog.get_logger(__name__)
local = LocalCounts()
_resting_until = 0.0


def windows(asked: Sequence[tuple[str, str, Rate]]) -> tuple[list[Usage], str]:
    """Count in fixed windows, each from its first request on, up to the first that is over; and who counted.

    Fewer usages than were asked for when one is over: what stands behind it was not counted.
    """
    if not asked:
        return [], "shared"
    return _shared_or(lambda: _counted(asked), lambda: _counted_alone(asked))


def window(
    request: HttpRequest, name: str, key: str, rate: Rate, *, increment: bool
) -> tuple[Usage, str]:
    """A fixed window that begins anew; the usage, and who counted: "shared" or "local"."""

    def ask() -> Usage:
        found = get_usage(
            request,
            group=name,
            key=lambda _group, _request: key,
            rate=(rate.count, rate.seconds),
            increment=increment,
        )
        count = found["count"]
        over = found["should_limit"] if increment else count >= rate.count
        left = max(1, found["time_left"])
        return Usage(rate.count, rate.count - count, rate.seconds, left, over)

    return _shared_or(
        ask,
        lambda: local.window((name, key), rate.shared_by(PROCESSES), increment=increment),
    )


def rolling(name: str, key: str, rate: Rate) -> tuple[Usage, str]:
    """Never more than `rate.count` in any stretch of `rate.seconds`, wherever that stretch begins.

    The rate is part of the key: a changed setting begins anew instead of judging by the old one's clock.
    """
    group = f"{name}:{rate.count}/{rate.seconds}"

    def ask() -> Usage:
        cache: Any = caches[CACHE]
        limiter = _limiter(rate, cache.client.get_client(write=True).connection_pool)
        result = limiter.limit(f"{group}:{key}")
        state = result.state
        wait = state.retry_after if result.limited else limiter.quota.emission_interval
        return Usage(rate.count, state.remaining, rate.seconds, int(wait) + 1, result.limited)

    def alone() -> Usage:
        share = rate.shared_by(PROCESSES)
        quota = quota_of(share)
        return local.rolling(
            (group, key), share, burst=quota.burst, interval=quota.emission_interval
        )

    return _shared_or(ask, alone)


def remember(key: str, *, seconds: int) -> None:
    """A mark that may be lost: nothing depends on it but whose count is used."""
    _shared_or(lambda: caches[CACHE].set(key, 1, seconds), lambda: None)


def remembers(key: str) -> bool:
    return bool(_shared_or(lambda: caches[CACHE].get(key), lambda: None)[0])


def quota_of(rate: Rate) -> gcra.Quota:
    """Half of the limit may come at once, the other half trickles in over the period: together never more."""
    burst = (rate.count + 1) // 2
    trickle = gcra.Rate(period=timedelta(seconds=rate.seconds), limit=max(rate.count - burst, 1))
    return gcra.Quota(trickle, burst=burst)


def forget() -> None:
    """As if the process had just begun."""
    global _resting_until
    _resting_until = 0.0
    local.clear()


def _shared_or(ask: Callable[[], Any], alone: Callable[[], Any]) -> tuple[Any, str]:
    """The process counts in any case: a store that stutters hands nobody a count that begins anew."""
    own = alone()
    if time.monotonic() < _resting_until:
        return own, "local"
    try:
        answer = registry.find(registry.VALKEY.name).call(ask)
    except AWAY as error:
        _rest(error)
        return own, "local"
    metrics.store_away.set(0)
    return answer, "shared"


def _rest(error: Exception) -> None:
    global _resting_until
    _resting_until = time.monotonic() + PAUSE_SECONDS
    metrics.store_away.set(1)
    metrics.store_failures_total.labels(type(error).__name__).inc()
    log.error("ratelimit_store_down", error=type(error).__name__)


def _counted(asked: Sequence[tuple[str, str, Rate]]) -> list[Usage]:
    cache: Any = caches[CACHE]
    client = cache.client.get_client(write=True)
    places = [_place(group, key, rate) for group, key, rate in asked]
    words = [number for *_, rate in asked for number in (rate.count, rate.seconds)]
    try:
        told = client.evalsha(COUNT_SHA, len(places), *places, *words)
    except NoScriptError:
        told = client.eval(COUNT, len(places), *places, *words)
    pairs = zip(asked, told[::2], told[1::2], strict=False)
    return [
        Usage(rate.count, rate.count - count, rate.seconds, max(1, left), count > rate.count)
        for (_, _, rate), count, left in pairs
    ]


def _counted_alone(asked: Sequence[tuple[str, str, Rate]]) -> list[Usage]:
    usages: list[Usage] = []
    for group, key, rate in asked:
        usages.append(local.window((group, key), rate.shared_by(PROCESSES), increment=True))
        if usages[-1].over:
            break
    return usages


def _place(group: str, key: str, rate: Rate) -> str:
    """The rate is part of it: a changed setting begins anew. A digest: nobody's number stands in the store."""
    text = f"{group}|{rate.count}/{rate.seconds}|{key}"
    return f"window:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


@lru_cache(maxsize=32)
def _limiter(rate: Rate, pool: ConnectionPool) -> Any:
    store: Any = _StoreOver(pool)
    return gcra.RateLimiterRegistry.get("gcra")(quota_of(rate), store)


class _StoreOver(RedisStore):
    """throttled-py's store over the connections of the "ratelimit" cache, with their time-outs."""

    def __init__(self, pool: ConnectionPool) -> None:
        super().__init__()
        backend: Any = self._backend
        backend._client = Redis(connection_pool=pool)
