"""Tasks: how long each waited for a worker, and how long it ran; one in so many is looked at closely."""

import random
import time
from typing import Any

from celery import signals
from django.conf import settings

from core.database import queries, watching
from core.performance import collector, metrics, recorder, sampler
from core.performance.middleware import look_at

ROLE = "worker"
OWN_QUEUE = "own"
SENT_AT = "rft_sent_at"
_RUN = "_rft_performance"


def connect() -> None:
    """Listen to Celery's signals; called once, from `ready()`."""
    for signal, receiver in (
        (signals.before_task_publish, _stamp),
        (signals.task_prerun, _begin),
        (signals.task_postrun, _end),
        (signals.worker_process_init, _start),
        (signals.worker_process_shutdown, _stop),
    ):
        signal.connect(receiver, weak=False, dispatch_uid=f"performance.{receiver.__name__}")


def _stamp(headers: dict[str, Any] | None = None, **_signal: Any) -> None:
    if headers is not None:
        headers[SENT_AT] = time.time()


def _begin(task: Any = None, **_signal: Any) -> None:
    sent_at = getattr(task.request, SENT_AT, None)
    if isinstance(sent_at, int | float):
        waited = max(0.0, time.time() - sent_at)
        queue = _queue_of(task)
        metrics.task_wait_seconds.labels(queue).observe(waited)
        recorder.add(recorder.WAIT, queue, ms=waited * 1000)
    closely = random.random() < settings.PERFORMANCE_SAMPLE  # noqa: S311 (no secret)
    asked = (watching.asked() or queries.Asked()) if closely else None
    began = (time.perf_counter(), time.thread_time(), collector.paused_seconds())
    setattr(task.request, _RUN, (asked, began))


def _end(task: Any = None, state: str | None = None, **_signal: Any) -> None:
    asked, began = getattr(task.request, _RUN, (None, None))
    if began is None:
        return
    seconds, cpu, paused = (
        now - then
        for now, then in zip(
            (time.perf_counter(), time.thread_time(), collector.paused_seconds()),
            began,
            strict=True,
        )
    )
    look = look_at(asked, cpu, paused) if asked is not None else None
    failed = state not in ("SUCCESS", None)
    recorder.add(recorder.TASK, task.name, ms=seconds * 1000, error=failed, look=look)
    metrics.task_seconds.labels(task.name).observe(seconds)


def _queue_of(task: Any) -> str:
    """What a worker sends to itself counts as one queue, whatever the machines are called."""
    name = (task.request.delivery_info or {}).get("routing_key", "")[:60]
    return OWN_QUEUE if "@" in name else name


def _start(**_signal: Any) -> None:
    collector.settle()
    sampler.start(ROLE)


def _stop(**_signal: Any) -> None:
    sampler.stop()
