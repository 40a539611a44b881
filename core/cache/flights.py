"""One making for each key in this process, in a thread of its own that ends the work nobody waits for any more."""

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connections

from core.cache.entries import Entry

# With the eight of a web process no more than its pool of connections.
THREADS = 2


class Flights:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[Entry]] = {}
        self._threads: ThreadPoolExecutor | None = None

    def join(self, key: str) -> tuple["Future[Entry]", bool]:
        """The making of this key, and whether it is the caller who must begin it."""
        with self._lock:
            flight = self._under_way.get(key)
            if flight is not None:
                return flight, False
            flight = self._under_way[key] = Future()
            return flight, True

    def land(self, key: str, flight: "Future[Entry]", entry: Entry) -> None:
        self._leave(key)
        flight.set_result(entry)

    def crash(self, key: str, flight: "Future[Entry]", error: BaseException) -> None:
        self._leave(key)
        flight.set_exception(error)

    def send(self, work: Callable[[], None]) -> None:
        """In a thread of our own, with the caller's trace and log context."""
        context = contextvars.copy_context()
        self._executor().submit(context.run, _bounded, work)

    def _leave(self, key: str) -> None:
        with self._lock:
            self._under_way.pop(key, None)

    def _executor(self) -> ThreadPoolExecutor:
        with self._lock:
            self._threads = self._threads or ThreadPoolExecutor(THREADS, thread_name_prefix="cache")
            return self._threads


def _bounded(work: Callable[[], Any]) -> None:
    """The thread's database connection goes back to the pool."""
    try:
        work()
    finally:
        connections.close_all()
