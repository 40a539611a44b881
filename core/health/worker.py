"""A worker's numbers. On one machine web's `/metrics` adds them up with its own; apart, the worker has a port for them."""

import os
from typing import Any

from celery import signals
from django.conf import settings
from prometheus_client import start_http_server
from prometheus_client.multiprocess import mark_process_dead

from core.health import exposition


def connect() -> None:
    """Listen to Celery's signals; called once, from `ready()`."""
    signals.worker_init.connect(_begin, weak=False, dispatch_uid="metrics.begin")
    signals.worker_process_shutdown.connect(_forget, weak=False, dispatch_uid="metrics.forget")


def _begin(**_signal: Any) -> None:
    exposition.empty_if_abandoned()
    host, _, port = settings.WORKER_METRICS_LISTEN.rpartition(":")
    if port:
        start_http_server(int(port), addr=host, registry=_Afresh())


def _forget(pid: int | None = None, **_signal: Any) -> None:
    if exposition.VARIABLE in os.environ and pid:
        mark_process_dead(pid)


class _Afresh:
    """Adds the files up at each question; a registry made once would hold the files of its first."""

    def collect(self) -> Any:
        return exposition.counted_registry().collect()
