"""A worker that takes nothing any more ends itself, so that whoever keeps it running starts a new one.

After a lost connection a consumer can be connected, look healthy and take nothing. So each worker sends itself a task
through the broker every few seconds, on a queue that is its own. One that was sent and not taken in time, while
nothing else is being done either, is the proof. While the broker is away nothing can be sent, and nothing is proved.
"""

import os
import threading
import time
from typing import Any

import structlog
from celery import Celery, signals
from celery.utils.nodenames import worker_direct
from celery.worker import state
from django.conf import settings
from kombu.exceptions import OperationalError

PROOF = "core.health.tasks.prove_worker"
LIMITS = {"socket_connect_timeout": 2, "socket_timeout": 2, "max_retries": 0}
EXIT_STATUS = 70

log = structlog.get_logger(__name__)


class Watchdog(threading.Thread):
    """Lives in the worker's main process, which sees every task that its children accept."""

    def __init__(self, app: Celery, hostname: str) -> None:
        super().__init__(name="watchdog", daemon=True)
        self.app = app
        self.hostname = hostname
        self.stopping = threading.Event()
        self.sent_at: float | None = None
        self.accepted = 0

    def run(self) -> None:
        while not self.stopping.wait(settings.WORKER_PROOF_SECONDS):
            if self.is_silent():
                log.critical("worker_takes_nothing", worker=self.hostname)
                os._exit(EXIT_STATUS)  # its consumer would not hear a polite word

    def is_silent(self) -> bool:
        """True when the last proof was sent too long ago, was not taken, and no task is under way."""
        accepted = state.total_count[PROOF]
        if self.sent_at is None or accepted > self.accepted:
            self.accepted = accepted
            self.sent_at = time.monotonic() if self.send() else None
            return False
        if state.active_requests:
            return False
        return time.monotonic() - self.sent_at >= settings.WORKER_SILENT_SECONDS

    def send(self) -> bool:
        """False while the broker can't be reached."""
        try:
            with self.app.connection_for_write(transport_options=LIMITS) as connection:
                self.app.send_task(
                    PROOF,
                    queue=worker_direct(self.hostname),
                    connection=connection,
                    retry=False,
                    ignore_result=True,
                )
        except (OperationalError, OSError) as error:
            log.warning("worker_proof_not_sent", error=type(error).__name__)
            return False
        return True


_watchdogs: list[Watchdog] = []


def connect() -> None:
    """Listen to Celery's signals; called once, from `ready()`."""
    signals.worker_ready.connect(_begin, weak=False, dispatch_uid="watchdog.begin")
    signals.worker_shutting_down.connect(_end, weak=False, dispatch_uid="watchdog.end")


def _begin(sender: Any = None, **_signal: Any) -> None:
    """Also after the consumer was started anew: the one that watches goes on."""
    if settings.WORKER_PROOF_SECONDS and not _watchdogs:
        _watchdogs.append(Watchdog(sender.app, sender.hostname))
        _watchdogs[0].start()


def _end(**_signal: Any) -> None:
    for watchdog in _watchdogs:
        watchdog.stopping.set()
