"""The trace of who gave a task, carried in the message's headers to who does it; and one log line for each task.

A task's process is a fork: what exports its spans begins there, and is flushed there when the process is recycled,
since billiard ends its children by `os._exit`, which runs no exit handlers.
"""

from contextlib import ExitStack
from typing import Any

import structlog
from celery import signals
from opentelemetry.trace import SpanKind, Status, StatusCode

from core.tracing import failures, propagation, provider, spans, w3c, work

SYSTEM = "redis"
_KEPT = "_rft_tracing"
log = structlog.get_logger("task")


def connect() -> None:
    """Listen to Celery's signals; called once, from `ready()`."""
    for signal, listener in (
        (signals.setup_logging, _leave_as_it_is),
        (signals.before_task_publish, _send),
        (signals.task_prerun, _begin),
        (signals.task_failure, _failed),
        (signals.task_retry, _retried),
        (signals.task_postrun, _end),
        (signals.worker_process_init, _start),
        (signals.worker_process_shutdown, _stop),
        (signals.worker_shutdown, _stop),
        (signals.beat_init, _start_beat),
    ):
        signal.connect(listener, weak=False, dispatch_uid=f"tracing.{listener.__name__}")


def _leave_as_it_is(**_signal: Any) -> None:
    """Celery asks who sets up logging: Django has, and the level of the command line is not for our lines."""


def _send(
    sender: str = "", headers: dict[str, Any] | None = None, routing_key: str = "", **_signal: Any
) -> None:
    """A producer's span, whose id the message takes along; outside any trace the task begins its own."""
    if headers is None or propagation.here() is None:
        return
    attributes = _messaging("send", routing_key, str(headers.get("id", "")))
    with spans.span(f"send {sender}", SpanKind.PRODUCER, attributes):
        headers.update(propagation.current_context())


def _begin(task: Any = None, task_id: str = "", **_signal: Any) -> None:
    provider.start("worker")
    request = task.request
    carrier = {
        name: getattr(request, name)
        for name in w3c.HEADERS
        if isinstance(getattr(request, name, None), str)
    }
    delivery = request.delivery_info or {}
    attributes = _messaging("process", str(delivery.get("routing_key") or ""), task_id)
    contexts = ExitStack()
    tally = contexts.enter_context(work.tallied())
    span = contexts.enter_context(
        spans.continued(carrier, f"process {task.name}", SpanKind.CONSUMER, attributes)
    )
    facts = {"task": task.name, "task_id": task_id, **propagation.carried()}
    contexts.enter_context(structlog.contextvars.bound_contextvars(**facts))
    setattr(request, _KEPT, (contexts, span, tally))


def _failed(sender: Any = None, exception: BaseException | None = None, **_signal: Any) -> None:
    _, span, _ = getattr(sender.request, _KEPT, (None, None, None))
    if span is not None and exception is not None:
        failures.note(span, exception)


def _retried(**_signal: Any) -> None:
    work.retried()


def _end(task: Any = None, state: str | None = None, **_signal: Any) -> None:
    contexts, span, tally = getattr(task.request, _KEPT, (None, None, None))
    if contexts is None or span is None or tally is None:
        return
    delattr(task.request, _KEPT)
    if state not in ("SUCCESS", "RETRY", None) and span.is_recording():
        span.set_status(Status(StatusCode.ERROR))
    _tell(task, state or "", tally)
    contexts.close()


def _tell(task: Any, state: str, tally: work.Tally) -> None:
    facts = tally.told()
    facts["retries"] = int(facts["retries"]) + int(task.request.retries or 0)
    redelivered = bool((task.request.delivery_info or {}).get("redelivered"))
    log.info("task_done", state=state.lower(), redelivered=redelivered, **facts)


def _messaging(operation: str, queue: str, message_id: str) -> dict[str, str]:
    return {
        "messaging.system": SYSTEM,
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": queue or "rft",
        "messaging.message.id": message_id,
        "peer.service": "valkey",
    }


def _start(**_signal: Any) -> None:
    provider.start("worker")


def _start_beat(**_signal: Any) -> None:
    provider.start("beat")


def _stop(**_signal: Any) -> None:
    provider.stop()
