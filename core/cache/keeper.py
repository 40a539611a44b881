"""One thread a process that hears what others forget, tells what could not be told, and brings the numbers up to date.

Between a channel that was lost and one that is heard again anything may have been missed, so the memory is emptied
at both ends.
"""

import os
import threading
import time
from typing import TYPE_CHECKING, Any

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from core.cache import history, metrics, stats

if TYPE_CHECKING:
    from core.cache.layers import Layers

LISTEN_SECONDS = 0.5
SILENCE_SECONDS_MAX = 3.0
CONNECT_SECONDS_MAX = 1.0
REPORT_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Keeper:
    def __init__(self, layers: "Layers") -> None:
        self._layers = layers
        self._heard_at = 0.0
        self._reported_at = time.monotonic()
        self._reported: dict[str, dict[str, int]] = {}
        self._pubsub: Any = None
        self.listening = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cache-keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._turn()
            except (RedisError, OSError) as error:
                self._lost(type(error).__name__)
            except Exception as error:
                log.exception("cache_keeper_stumbled", error=type(error).__name__)
                self._lost(type(error).__name__)
        self._close()

    def _turn(self) -> None:
        line = self._layers.line
        if line is None:
            self._stop.wait(LISTEN_SECONDS)
        else:
            self._listen(line)
            if self._layers.changes.waiting and not line.is_silent:
                self._layers.changes.tell_waiting(line)
        if time.monotonic() - self._reported_at >= REPORT_SECONDS:
            self.report()

    def _listen(self, line: Any) -> None:
        if self._pubsub is None:
            self._pubsub = _subscribed(line)
            self._heard_at = time.monotonic()
            self._layers.changes.flush("listening")
            metrics.listening.set(1)
            self._layers.deaf = False
            self.listening.set()
        message = self._pubsub.get_message(timeout=LISTEN_SECONDS)
        if message is not None:
            self._heard_at = time.monotonic()
            if message["type"] == "message":
                self._layers.changes.hear(message["data"])
            return
        if time.monotonic() - self._heard_at > SILENCE_SECONDS_MAX:
            raise ConnectionError("the channel has fallen silent")
        self._pubsub.ping()  # its answer is a message too

    def _lost(self, error: str) -> None:
        if self._pubsub is not None:
            log.warning("cache_channel_lost", error=error)
            self._layers.changes.flush("channel lost")
        self._close()
        metrics.listening.set(0)
        self._stop.wait(LISTEN_SECONDS)

    def _close(self) -> None:
        self._layers.deaf = self._layers.line is not None
        self.listening.clear()
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is not None:
            pubsub.close()
            pubsub.connection_pool.disconnect()

    def report(self) -> None:
        """What was counted since the last time: to monitoring, and to the hours of the console."""
        self._reported_at = time.monotonic()
        present = stats.read()
        grown = {
            family: {
                name: amount - self._reported.get(family, {}).get(name, 0)
                for name, amount in tally.items()
            }
            for family, tally in present.items()
        }
        self._reported = present
        for family, amounts in grown.items():
            metrics.count(family, amounts)
        metrics.waiting_invalidations.set(len(self._layers.changes.waiting))
        holdings = self._layers.memory.holdings()
        at = time.time()
        for family in {*present, *holdings}:
            holding = holdings.get(family)
            metrics.entries.labels(family).set(holding.entries if holding else 0)
            metrics.size_bytes.labels(family).set(holding.bytes if holding else 0)
            metrics.oldest_seconds.labels(family).set(at - holding.oldest_at if holding else 0)
        history.add(self._layers, grown, holdings, at=at)


def _subscribed(line: Any) -> Any:
    """On a connection of its own, with more patience than a request has."""
    known = line.client.connection_pool.connection_kwargs
    names = ("host", "port", "db", "username", "password", "path", "ssl_ca_certs", "ssl_cert_reqs")
    client = Redis(
        connection_pool=type(line.client.connection_pool)(
            connection_class=line.client.connection_pool.connection_class,
            **{name: known[name] for name in names if name in known},
            socket_timeout=CONNECT_SECONDS_MAX,
            socket_connect_timeout=CONNECT_SECONDS_MAX,
            retry=Retry(NoBackoff(), 0),
        )
    )
    pubsub = client.pubsub()
    pubsub.subscribe(line.channel)
    message = pubsub.get_message(timeout=CONNECT_SECONDS_MAX)
    if message is None or message["type"] != "subscribe":
        pubsub.close()
        raise ConnectionError("no answer to SUBSCRIBE")
    return pubsub


_keepers: dict[int, Keeper] = {}
_starting = threading.Lock()


def ensure(layers: "Layers") -> None:
    """From the first value that is kept on, in whichever process."""
    if id(layers) in _keepers:
        return
    with _starting:
        if id(layers) not in _keepers:
            keeper = _keepers[id(layers)] = Keeper(layers)
            keeper.start()


def of(layers: "Layers") -> Keeper:
    ensure(layers)
    return _keepers[id(layers)]


def stop_all() -> None:
    for key in list(_keepers):
        _keepers.pop(key).stop()


def _after_fork() -> None:
    global _starting
    _keepers.clear()
    _starting = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
