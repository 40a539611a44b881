"""A nudge tells a worker that rows are waiting, so that nobody waits for the next sweep.

It is only a hint: the rows are the truth, and the sweep finds them when the broker is down. So a nudge never
fails and hardly delays the request that gives it; what could not be sent is logged and counted.
"""

import time
from functools import cache
from typing import Any

import structlog
from celery import current_app
from django.db import connection, transaction
from kombu import pools
from kombu.exceptions import LimitExceeded, OperationalError
from prometheus_client import Counter

from core.breakers import registry
from core.breakers.guard import NotPermitted
from core.crashpoints import crash_point

PAUSE_SECONDS = 5
LIMITS = {"socket_connect_timeout": 0.025, "socket_timeout": 0.025, "max_retries": 0}

log = structlog.get_logger(__name__)
nudges_total = Counter("outbox_nudges", "Nudges to the workers", ["task", "outcome"])
_silent_until = 0.0


def on_commit(task: str, **arguments: Any) -> None:
    """Nudge `task` when the transaction commits; once, however often one transaction asks for the same."""
    nudge = _Nudge(task, tuple(sorted(arguments.items())))
    if any(waiting == nudge for _, waiting, *_ in connection.run_on_commit):
        return
    transaction.on_commit(nudge)


def send(task: str, **arguments: Any) -> bool:
    """Nudge `task` now; False when the broker could not be reached, or could not a moment ago."""
    global _silent_until
    if time.monotonic() < _silent_until:
        nudges_total.labels(task, "skipped").inc()
        return False
    try:
        registry.find(registry.VALKEY.name).call(_publish, task, arguments)
    except NotPermitted:
        nudges_total.labels(task, "skipped").inc()
        return False
    except (OperationalError, LimitExceeded, OSError) as error:
        _silent_until = time.monotonic() + PAUSE_SECONDS
        nudges_total.labels(task, "failed").inc()
        log.warning("nudge_failed", task=task, error=type(error).__name__)
        return False
    nudges_total.labels(task, "sent").inc()
    return True


def _publish(task: str, arguments: dict[str, Any]) -> None:
    with _producers().acquire(block=True, timeout=LIMITS["socket_timeout"]) as producer:
        current_app.send_task(
            task, kwargs=arguments, producer=producer, retry=False, ignore_result=True
        )


@cache
def _producers() -> pools.ProducerPool:
    """Connections of our own: a worker may wait long for the broker, a request may not."""
    return pools.producers[current_app.connection_for_write(transport_options=LIMITS)]


class _Nudge:
    """Compares by what it says, so that a transaction's repeats are seen."""

    def __init__(self, task: str, arguments: tuple[tuple[str, Any], ...]) -> None:
        self.task = task
        self.arguments = arguments

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Nudge) and (self.task, self.arguments) == (
            other.task,
            other.arguments,
        )

    def __hash__(self) -> int:
        return hash((self.task, self.arguments))

    def __call__(self) -> None:
        crash_point("CP05")
        send(self.task, **dict(self.arguments))
