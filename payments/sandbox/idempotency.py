"""Idempotency keys by Stripe's rules: the first answer is kept with its status, 5xx included, and
given again to the same request for at least a day; another request under the same key is refused,
and so is one that comes while the first is still running.
"""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from . import errors
from .store import Store
from .wire import Request, Response

KEPT_SECONDS = 24 * 3600
KEY_CHARS_MAX = 255


class Keys:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._running: set[str] = set()

    @contextmanager
    def running(self, key: str) -> Iterator[None]:
        """Holds the key while its request runs; a second holder gets 409."""
        if len(key) > KEY_CHARS_MAX:
            raise errors.invalid(f"Idempotency keys are at most {KEY_CHARS_MAX} characters.")
        with self._lock:
            if key in self._running:
                raise errors.key_in_use()
            self._running.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(key)

    def kept(self, request: Request, key: str, now: int) -> Response | None:
        """The first answer, if there is one younger than a day; refuses other parameters."""
        row = self._store.connection.execute(
            "SELECT * FROM idempotency WHERE key = ? AND created > ?", (key, now - KEPT_SECONDS)
        ).fetchone()
        if row is None:
            return None
        if row["request_hash"] != _fingerprint(request):
            raise errors.key_reused()
        headers = [("Idempotent-Replayed", "true"), ("Original-Request", row["request_id"])]
        return Response(row["status"], row["body"], headers)


def keep(
    connection: sqlite3.Connection, request: Request, key: str, response: Response, now: int
) -> None:
    """Stores the answer in the transaction that made it, and forgets the oldest keys."""
    connection.execute(
        "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?, ?)",
        (key, _fingerprint(request), response.status, response.body, request.id, now),
    )


def prune(connection: sqlite3.Connection, now: int) -> None:
    connection.execute("DELETE FROM idempotency WHERE created <= ?", (now - KEPT_SECONDS,))


def _fingerprint(request: Request) -> str:
    params = json.dumps(request.params, sort_keys=True)
    return hashlib.sha256(f"{request.method} {request.path} {params}".encode()).hexdigest()
