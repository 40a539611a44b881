"""What the fleet knows of each breaker, in Valkey. Time is the server's, so no two clocks are ever compared.

For each breaker one hash: the greatest (epoch, closed) that anybody told, until when it is open, and the results of
the probes of this epoch; and a set of the probes' leases, which end by themselves when a process dies.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from core.breakers.window import Tally
from core.errors import Unavailable

PREFIX = "breaker:"
WINDOWS = f"{PREFIX}windows"
ORDERS = f"{PREFIX}orders"
SECONDS_MAX = 0.25
KEPT_SECONDS = 7 * 24 * 3600

_COMMON = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('HMGET', KEYS[1], 'epoch', 'closed', 'until', 'cause')
local epoch, closed = tonumber(known[1] or '0') or 0, tonumber(known[2] or '1') or 1
local ends, cause = tonumber(known[3] or '0') or 0, known[4] or ''
"""
# epoch, closed, milliseconds left, cause, seconds to keep -> what is known then
_MERGE = (
    _COMMON
    + """
local told_epoch, told_closed = tonumber(ARGV[1]), tonumber(ARGV[2])
if told_epoch > epoch or (told_epoch == epoch and told_closed > closed) then
  epoch, closed, ends, cause = told_epoch, told_closed, now + tonumber(ARGV[3]), ARGV[4]
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'closed', closed, 'until', ends, 'cause', cause)
  redis.call('EXPIRE', KEYS[1], ARGV[5])
end
return {epoch, closed, math.max(0, ends - now), cause}
"""
)
# epoch, permitted, milliseconds of a lease, token, seconds to keep -> 1 granted, 0 not now, -1 you are behind
_LEASE = (
    _COMMON
    + """
local told = tonumber(ARGV[1])
if epoch > told or (epoch == told and closed == 1 and told > 0) then return -1 end
if epoch < told then
  redis.call('HSET', KEYS[1], 'epoch', told, 'closed', 0, 'until', now, 'cause', '')
elseif ends > now then
  return 0
end
if redis.call('HGET', KEYS[1], 'round') ~= ARGV[1] then
  redis.call('HSET', KEYS[1], 'round', ARGV[1], 'calls', 0, 'failed', 0, 'slow', 0)
  redis.call('DEL', KEYS[2])
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local back = tonumber(redis.call('HGET', KEYS[1], 'calls'))
if redis.call('ZCARD', KEYS[2]) + back >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[3]), ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[5])
return 1
"""
)
# epoch, token, calls (0 gives the lease back), failed, slow -> the round's calls, failed, slow
_REPORT = """
if redis.call('HGET', KEYS[1], 'round') ~= ARGV[1] then return {0, 0, 0} end
redis.call('ZREM', KEYS[2], ARGV[2])
return {redis.call('HINCRBY', KEYS[1], 'calls', ARGV[3]),
        redis.call('HINCRBY', KEYS[1], 'failed', ARGV[4]),
        redis.call('HINCRBY', KEYS[1], 'slow', ARGV[5])}
"""


class StoreAway(Exception):
    """Valkey does not answer: each process goes on alone."""


@dataclass(frozen=True, slots=True)
class Known:
    """One breaker's standing, as a process tells it and as the fleet knows it."""

    epoch: int
    closed: bool
    seconds_left: float
    cause: str


class Store:
    """Every question goes `through` the breaker of Valkey itself."""

    def __init__(
        self,
        url: str,
        *,
        through: Callable[[Callable[[], Any]], Any],
        seconds_max: float = SECONDS_MAX,
    ) -> None:
        self._client, self._through = _client(url, seconds_max), through
        self._merge = self._client.register_script(_MERGE)
        self._lease = self._client.register_script(_LEASE)
        self._report = self._client.register_script(_REPORT)

    def merge(self, standings: Mapping[str, Known]) -> dict[str, Known]:
        """Tell what this process knows, hear what the fleet knows; one round trip for all."""
        pipe = self._client.pipeline(transaction=False)
        for name, known in standings.items():
            left_ms = round(known.seconds_left * 1000)
            values = [known.epoch, int(known.closed), left_ms, known.cause, KEPT_SECONDS]
            self._merge(keys=[PREFIX + name], args=values, client=pipe)
        answers = self._ask(pipe.execute)
        return {
            name: Known(epoch, bool(closed), left_ms / 1000, str(cause))
            for name, (epoch, closed, left_ms, cause) in zip(standings, answers, strict=True)
        }

    def lease(self, name: str, *, epoch: int, permitted: int, seconds: float, token: str) -> int:
        """1: this probe may go. 0: as many as may are under way. -1: this process is behind the fleet."""
        values = [epoch, permitted, round(seconds * 1000), token, KEPT_SECONDS]
        answer: int = self._ask(lambda: self._lease(keys=_keys(name), args=values))
        return answer

    def report(self, name: str, *, epoch: int, token: str, failed: bool, slow: bool) -> Tally:
        """A probe came back: the results of the whole fleet's probes."""
        values = [epoch, token, 1, int(failed), int(slow)]
        return Tally(*self._ask(lambda: self._report(keys=_keys(name), args=values)))

    def give_back(self, name: str, *, epoch: int, token: str) -> None:
        self._ask(lambda: self._report(keys=_keys(name), args=[epoch, token, 0, 0, 0]))

    def show_windows(self, process: str, windows: Mapping[str, Any], *, at: float) -> None:
        """This process's numbers, for whoever looks at all of them."""
        text = json.dumps({"at": at, "windows": windows})
        self._ask(lambda: self._client.hset(WINDOWS, process, text))

    def windows(self, *, since: float) -> Sequence[Mapping[str, Any]]:
        """Those of all processes that were heard of since; the rest is forgotten."""
        rows = self._ask(lambda: self._client.hgetall(WINDOWS))
        heard = {process: json.loads(text) for process, text in rows.items()}
        silent = [process for process, row in heard.items() if row["at"] < since]
        if silent:
            self._ask(lambda: self._client.hdel(WINDOWS, *silent))
        return [row["windows"] for row in heard.values() if row["at"] >= since]

    def orders_version(self) -> str:
        return str(self._ask(lambda: self._client.get(ORDERS)) or "")

    def orders_changed(self) -> None:
        """Everybody reads the orders again."""
        self._ask(lambda: self._client.incr(ORDERS))

    def forget(self, names: Iterable[str]) -> None:
        keys = [key for name in names for key in _keys(name)]
        self._ask(lambda: self._client.delete(*keys, WINDOWS, ORDERS))

    def _ask(self, question: Any) -> Any:
        try:
            return self._through(question)
        except (RedisError, OSError, Unavailable) as error:
            raise StoreAway(type(error).__name__) from error


def _keys(name: str) -> list[str]:
    return [PREFIX + name, f"{PREFIX}{name}:leases"]


@lru_cache(maxsize=4)
def _client(url: str, seconds_max: float) -> Any:
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=seconds_max,
        socket_timeout=seconds_max,
    )
