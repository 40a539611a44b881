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

Check = Callable[[], None]


@dataclass(frozen=True)
class Health:
    """One dependency's answer; `error` is the kind of failure, never its words."""

    ok: bool
    milliseconds: float
    error: str = ""

    def as_json(self) -> dict[str, object]:
        answer: dict[str, object] = {"ok": self.ok, "ms": self.milliseconds}
        return answer | ({"error": self.error} if self.error else {})


@dataclass
class _Registry:
    checks: dict[str, Check] = field(default_factory=dict)
    running: dict[str, "Future[Health]"] = field(default_factory=dict)
    threads: ThreadPoolExecutor | None = None

    def executor(self) -> ThreadPoolExecutor:
        """Made at first use: after the server has forked."""
        self.threads = self.threads or ThreadPoolExecutor(THREADS, thread_name_prefix="health")
        return self.threads


_registry = _Registry()


def register(name: str, check: Check) -> None:
    """`check` raises when its dependency does not work. Called from an app's `ready()`."""
    _registry.checks[name] = check


def unregister(name: str) -> None:
    _registry.checks.pop(name, None)


def ask_all(*, seconds_max: float = SECONDS_MAX) -> dict[str, Health]:
    """Every check's answer, asked side by side; one that takes too long counts as failed.

    A check that still hangs from the last time is not started again.
    """
    for name, check in _registry.checks.items():
        if name not in _registry.running or _registry.running[name].done():
            _registry.running[name] = _registry.executor().submit(_ask, check)
    asked = {name: _registry.running[name] for name in _registry.checks}
    wait(asked.values(), timeout=seconds_max)
    answers = {
        name: answer.result() if answer.done() else Health(False, seconds_max * 1000, "Timeout")
        for name, answer in asked.items()
    }
    for name, health in answers.items():
        if not health.ok:
            log.warning("dependency_not_ready", dependency=name, error=health.error)
    return answers


def _ask(check: Check) -> Health:
    began = time.monotonic()
    error = ""
    try:
        check()
    except Exception as failure:
        error = type(failure).__name__
    finally:
        connection.close()
    return Health(not error, round((time.monotonic() - began) * 1000, 1), error)


def database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def cache() -> None:
    _ping(settings.REDIS_URL)


def broker() -> None:
    _ping(settings.CELERY_BROKER_URL)


def limits() -> None:
    _ping(settings.RATELIMIT_REDIS_URL)


def _ping(url: str) -> None:
    with Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1) as client:
        client.ping()
