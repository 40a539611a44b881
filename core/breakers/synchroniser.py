"""One thread a process that tells the fleet and hears from it; no call ever waits for it.

Started with the first call after a fork. What it does is set by `run`; a change of state hurries it.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from django.conf import settings

log = structlog.get_logger(__name__)
FIRST_SECONDS_MAX = 0.3


@dataclass
class _Thread:
    work: Callable[[], None] | None = None
    others: list[Callable[[], None]] = field(default_factory=list)
    started: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    hurried: threading.Event = field(default_factory=threading.Event)
    heard: threading.Event = field(default_factory=threading.Event)

    def start(self, *, waits: bool) -> None:
        with self.lock:
            if self.started or self.work is None:
                return
            self.started = True
            if not settings.BREAKERS_SYNC_SECONDS:
                return
            threading.Thread(target=self.loop, name="breakers", daemon=True).start()
        if waits:
            self.heard.wait(FIRST_SECONDS_MAX)

    def loop(self) -> None:
        while True:
            self.hurried.clear()
            assert self.work is not None
            for work in (self.work, *self.others):
                try:
                    work()
                except Exception as error:
                    log.exception("breakers_not_synchronised", error=type(error).__name__)
            self.heard.set()
            self.hurried.wait(settings.BREAKERS_SYNC_SECONDS)


_thread = _Thread()


def run(work: Callable[[], None]) -> None:
    """From the app's `ready()`."""
    _thread.work = work


def also(work: Callable[[], None]) -> None:
    """Something small besides, every time; from the `ready()` of an app that would need a thread of its own."""
    _thread.others.append(work)


def ensure() -> None:
    """The thread runs in this process. The first call waits a moment, so that a pause holds from the beginning."""
    if not _thread.started:
        _thread.start(waits=True)


def begin() -> None:
    """As `ensure`, for those whose orders may come a moment late: nobody waits."""
    if not _thread.started:
        _thread.start(waits=False)


def hurry() -> None:
    _thread.hurried.set()


def _after_fork() -> None:
    """Threads do not come along into a child."""
    global _thread
    _thread = _Thread(work=_thread.work, others=_thread.others)


os.register_at_fork(after_in_child=_after_fork)
