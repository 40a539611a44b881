"""What the product depends on, as a registry that apps add to; asking takes bounded time, whatever hangs."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import structlog
from django.conf import settings
from django.db import connection
from redis import Redis

log = structlog.get_logger(__name__)
SECONDS_MAX = 2.0
THREADS = 8
WORKS, SLOW, DOWN, UNKNOWN = "works", "slow", "down", "unknown"

Check = Callable[[], None]


class Slow(Exception):
    """A check's word for: it works, but late or only in part. The words are shown to staff."""


class NotKnown(Exception):
    """A check's word for: nobody can say yet."""


@dataclass(frozen=True)
class Words:
    """A part as people know it. `effect` is what customers notice when it is down, `slow_effect` when it is slow
    (where that differs), `todo` what to do about it."""

    title: str
    slow: str = ""
    down: str = ""
    effect: str = ""
    todo: str = ""
    slow_effect: str = ""


@dataclass(frozen=True)
class Part:
    """`needed`: without it this process can't work, and a load balancer should ask another."""

    check: Check
    words: Words
    needed: bool = True
    timed: bool = True


@dataclass(frozen=True)
class Health:
    """One part's answer; `error` is the kind of failure, never its words."""

    ok: bool
    milliseconds: float
    error: str = ""
    state: str = WORKS
    said: str = ""

    def as_json(self) -> dict[str, object]:
        answer: dict[str, object] = {"ok": self.ok, "ms": self.milliseconds}
        answer |= {"error": self.error} if self.error else {}
        return answer | ({"state": self.state} if self.ok and self.state != WORKS else {})


@dataclass
class _Registry:
    parts: dict[str, Part] = field(default_factory=dict)
    running: dict[str, "Future[Health]"] = field(default_factory=dict)
    threads: ThreadPoolExecutor | None = None

    def executor(self) -> ThreadPoolExecutor:
        """Made at first use: after the server has forked."""
        self.threads = self.threads or ThreadPoolExecutor(THREADS, thread_name_prefix="health")
        return self.threads


_registry = _Registry()


def register(
    name: str,
    check: Check,
    *,
    words: Words | None = None,
    needed: bool = True,
    timed: bool = True,
) -> None:
    """`check` raises when its part does not work, Slow when only half. Called from an app's `ready()`."""
    _registry.parts[name] = Part(check, words or Words(name.capitalize()), needed, timed)


def unregister(name: str) -> None:
    _registry.parts.pop(name, None)


def parts() -> dict[str, Part]:
    return dict(_registry.parts)


def ready(answers: dict[str, Health]) -> bool:
    """Whether all that this process needs works."""
    return all(
        answer.ok for name, answer in answers.items() if name in _needed() or name not in parts()
    )


def ask_all(*, seconds_max: float = SECONDS_MAX) -> dict[str, Health]:
    """Every check's answer, asked side by side; one that takes too long counts as failed.

    A check that still hangs from the last time is not started again.
    """
    for name, part in _registry.parts.items():
        if name not in _registry.running or _registry.running[name].done():
            _registry.running[name] = _registry.executor().submit(_ask, part.check)
    asked = {name: _registry.running[name] for name in _registry.parts}
    wait(asked.values(), timeout=seconds_max)
    answers = {
        name: answer.result() if answer.done() else _failed("Timeout", seconds_max * 1000)
        for name, answer in asked.items()
    }
    for name, health in answers.items():
        if not health.ok:
            log.warning("dependency_not_ready", dependency=name, error=health.error)
    return answers


def _needed() -> set[str]:
    return {name for name, part in _registry.parts.items() if part.needed}


def _ask(check: Check) -> Health:
    began = time.monotonic()
    try:
        check()
    except Slow as words:
        return Health(True, _since(began), state=SLOW, said=str(words))
    except NotKnown as words:
        return Health(True, _since(began), state=UNKNOWN, said=str(words))
    except Exception as failure:
        return _failed(type(failure).__name__, _since(began))
    finally:
        connection.close()
    return Health(True, _since(began))


def _failed(error: str, milliseconds: float) -> Health:
    return Health(False, milliseconds, error, state=DOWN)


def _since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)


def database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def cache() -> None:
    """Without an address each process caches by itself, and nothing can be away."""
    if settings.REDIS_URL:
        _ping(settings.REDIS_URL)


def broker() -> None:
    _ping(settings.CELERY_BROKER_URL)


def limits() -> None:
    _ping(settings.RATELIMIT_REDIS_URL)


def _ping(url: str) -> None:
    with Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1) as client:
        client.ping()
