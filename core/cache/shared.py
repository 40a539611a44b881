"""The second layer: Valkey through django-redis, in steps that each are one round trip and bounded in time.

Whoever finds it away goes on without, and nobody in this process asks again for a moment: a page with many reads
waits for it once.
"""

import base64
import binascii
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import structlog
from django_redis import get_redis_connection
from redis.exceptions import RedisError

from core.breakers import registry
from core.cache import metrics, scripts
from core.cache.families import FOREVER, Family
from core.crypto import keyring
from core.errors import Unavailable

Answer = TypeVar("Answer")
SILENT_SECONDS = 1.0
SCAN_COUNT = 500
SEALED = "~"

log = structlog.get_logger(__name__)


class Away(Exception):
    """Valkey does not answer, or answered a moment ago that it can't."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What Valkey has of one key. `text` is None when it has nothing that still counts."""

    text: str | None
    made_at: float
    fresh_until: float
    stale_until: float
    tags: tuple[str, ...]
    generations: str
    leased: bool


class Shared:
    """`alias` names a cache of django-redis in the settings."""

    def __init__(self, alias: str, prefix: str) -> None:
        self._alias = alias
        self.generations_of = f"{prefix}:~g:"
        self._leases = f"{prefix}:~l:"
        self._silent_until = 0.0
        self._connection: Any = None
        self._scripts: dict[str, Any] = {}
        database = self.client.connection_pool.connection_kwargs.get("db") or 0
        # Channels are the whole server's, not one database's.
        self.channel = f"{prefix}:~changes:{database}"

    @property
    def client(self) -> Any:
        if self._connection is None:
            self._connection = get_redis_connection(self._alias)
        return self._connection

    @property
    def is_silent(self) -> bool:
        return time.monotonic() < self._silent_until

    def look(
        self, key: str, *, tags: Iterable[str] = (), token: str = "", lease_seconds: float = 1, fresh_after: float = 0
    ) -> Seen:  # fmt: skip
        """The value, the generations to write under, and the lease for making it when `token` asks for one.

        Nobody need make what stays fresh until after `fresh_after`.
        """
        answer = self._run(
            scripts.LOOK,
            [key, self._leases + key],
            [
                self.generations_of,
                "\n".join(tags),
                token,
                round(lease_seconds * 1000),
                repr(fresh_after),
            ],
        )
        text, made, fresh, stale, known, generations, leased = answer
        if text is None:
            return Seen(None, 0, 0, 0, (), generations.decode(), bool(leased))
        return Seen(
            text.decode(errors="replace"), float(made), float(fresh), float(stale), tuple(known.decode().split("\n")),
            generations.decode(), bool(leased),
        )  # fmt: skip

    def write(
        self, key: str, text: str, *, made_at: float, fresh_until: float, stale_until: float, tags: Iterable[str],
        generations: str = "", token: str = "", only_new: bool = False, now: float, message: str = "",
    ) -> bool:  # fmt: skip
        """False when it was invalidated since `generations` were read, or is there already.

        A `message` is told to all processes when it was written.
        """
        forever = stale_until >= FOREVER
        keep = 0 if forever else max(1, round((stale_until - now) * 1000))
        values = [
            self.generations_of, "\n".join(tags), generations, token, text, repr(made_at), repr(fresh_until),
            repr(stale_until), keep, "NX" if only_new else "", repr(now), self.channel, message,
        ]  # fmt: skip
        return bool(self._run(scripts.WRITE, [key, self._leases + key], values))

    def release(self, key: str, token: str) -> None:
        self._run(scripts.RELEASE, [self._leases + key], [token])

    def forget(self, *, keys: Iterable[str], tags: Iterable[str], message: str) -> int:
        """The tags get new generations, the keys go, and all processes hear of it. How many listened."""
        values = [self.generations_of, self.channel, message, "\n".join(tags)]
        return int(self._run(scripts.FORGET, list(keys), values))

    def publish(self, message: str) -> None:
        self.ask(lambda client: client.publish(self.channel, message))

    def add(self, key: str, delta: int, *, now: float) -> int | None:
        found = self._run(scripts.ADD, [key], [self.generations_of, repr(now), delta])
        return None if found is None else int(found)

    def scan(self, pattern: str) -> Iterator[list[str]]:
        """Keys that match, in portions; the server goes on serving others in between."""
        cursor = 0
        while True:
            step = partial(_scan, pattern=pattern, cursor=cursor)
            cursor, found = self.ask(step)
            if found:
                yield [key.decode() for key in found]
            if cursor == 0:
                return

    def unlink(self, keys: list[str]) -> int:
        return int(self.ask(lambda client: client.unlink(*keys)))

    def ask(self, question: Callable[[Any], Answer]) -> Answer:
        """Raises Away."""
        if self.is_silent:
            raise Away
        try:
            return registry.find(registry.VALKEY.name).call(question, self.client)
        except (RedisError, OSError, Unavailable) as error:
            self._silent_until = time.monotonic() + SILENT_SECONDS
            metrics.shared_errors_total.labels(type(error).__name__).inc()
            log.warning("cache_goes_on_alone", error=type(error).__name__)
            raise Away from error

    def forgive(self) -> None:
        """Ask again at once."""
        self._silent_until = 0.0

    def _run(self, script: str, keys: list[str], values: list[Any]) -> Any:
        known = self._scripts.get(script)
        if known is None:
            known = self._scripts[script] = self.client.register_script(script)
        return self.ask(lambda client: known(keys=keys, args=values, client=client))


def _scan(client: Any, *, pattern: str, cursor: int) -> tuple[int, list[bytes]]:
    found: tuple[int, list[bytes]] = client.scan(cursor, match=pattern, count=SCAN_COUNT)
    return found


def sealed(text: str, family: Family, key: str) -> str:
    """As it leaves the process."""
    if not family.personal:
        return text
    return SEALED + base64.b64encode(keyring.seal(text, f"cache|{key}")).decode()


def opened(text: str, family: Family, key: str) -> str | None:
    """None when it can't be read: another key, another place, or plain where it must not be."""
    if not family.personal:
        return text
    try:
        plain = keyring.open(base64.b64decode(text.removeprefix(SEALED)), f"cache|{key}")
    except (keyring.Unreadable, binascii.Error, ValueError):
        return None
    return plain.decode()
