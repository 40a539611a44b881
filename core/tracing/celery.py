"""The trace of who gave a task, carried in the message's headers to who does it."""

from contextlib import ExitStack
from typing import Any

import structlog
from celery import signals
from opentelemetry.trace import SpanKind, Status, StatusCode

from core.tracing import propagation, spans

_CONTEXTS = "_rft_contexts"


def connect() -> None:
    """Listen to Celery's signals; called once, from `ready()`."""
    signals.before_task_publish.connect(_inject, weak=False, dispatch_uid="tracing.inject")
    signals.task_prerun.connect(_begin, weak=False, dispatch_uid="tracing.begin")
    signals.task_postrun.connect(_end, weak=False, dispatch_uid="tracing.end")
    signals.worker_process_init.connect(_start_exporter, weak=False, dispatch_uid="tracing.start")
    signals.worker_process_shutdown.connect(_flush, weak=False, dispatch_uid="tracing.flush")


def _inject(headers: dict[str, Any] | None = None, **_signal: Any) -> None:
    if headers is not None:
        headers.update(propagation.current_context())


def _begin(task: Any = None, task_id: str = "", **_signal: Any) -> None:
    carrier = {
        name: getattr(task.request, name)
        for name in ("traceparent", "tracestate")
        if isinstance(getattr(task.request, name, None), str)
    }
    contexts = ExitStack()
    # A task that runs in its giver's process has no message: it is inside the trace already.
    contexts.enter_context(propagation.attach(carrier or propagation.current_context()))
    contexts.enter_context(structlog.contextvars.bound_contextvars(task=task.name, task_id=task_id))
    span = contexts.enter_context(spans.span(f"process {task.name}", SpanKind.CONSUMER))
    setattr(task.request, _CONTEXTS, (contexts, span))


def _end(task: Any = None, state: str | None = None, **_signal: Any) -> None:
    contexts, span = getattr(task.request, _CONTEXTS, (None, None))
    if contexts is None or span is None:
        return
    if state not in ("SUCCESS", None):
        span.set_status(Status(StatusCode.ERROR))
    contexts.close()


def _start_exporter(**_signal: Any) -> None:
    spans.start("worker")


def _flush(**_signal: Any) -> None:
    spans.stop()
