"""Delivers events to webhook endpoints: newly signed on each attempt, again until a 2xx comes.

Attempts follow the sandbox's clock, up to three days. A delivery that was under way when the
process was killed is made again: the receiver must live with duplicates, as at Stripe.
"""

import http.client
import json
import logging
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from . import signatures
from .books import Json
from .clock import Clock
from .store import Store

logger = logging.getLogger("sandbox.webhooks")

RETRY_SECONDS = (5, 30, 120, 600, 3600, 7200, 14400, 28800, 43200, 43200, 43200, 43200)
TIMEOUT_SECONDS = 10.0
THREADS = 4
TICK_SECONDS = 1.0

DUE = """
SELECT d.seq, d.attempts, d.signature, e.body AS event, w.body AS endpoint, w.private AS private
FROM deliveries d JOIN objects e ON e.id = d.event LEFT JOIN objects w ON w.id = d.endpoint
WHERE d.state = 'waiting' AND d.due_at <= ? ORDER BY d.seq
"""
OLDEST_DUE = DUE + "LIMIT 1"
NEWEST_DUE = DUE + "DESC LIMIT 1"


@dataclass(frozen=True)
class Attempt:
    seq: int
    attempts: int
    signature: str
    event: Json
    endpoint: Json
    secret: str


class Deliveries:
    """A queue in the store, emptied by a few threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._changed = threading.Condition()
        self.newest_first = False

    def start(self) -> None:
        with self._store.transaction() as connection:
            connection.execute("UPDATE deliveries SET state = 'waiting' WHERE state = 'sending'")
        for number in range(THREADS):
            threading.Thread(target=self._work, name=f"webhooks-{number}", daemon=True).start()

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def drain(self, seconds: float) -> bool:
        """Waits until nothing that is due is left; False when time ran out first."""
        ends = time.monotonic() + seconds
        with self._changed:
            while self._left():
                remaining = ends - time.monotonic()
                if remaining <= 0:
                    return False
                self._changed.wait(min(remaining, TICK_SECONDS))
        return True

    def release(self) -> int:
        """Sends what was held."""
        with self._store.transaction() as connection:
            count = connection.execute(
                "UPDATE deliveries SET state = 'waiting' WHERE state = 'held'"
            ).rowcount
        self.wake()
        return count

    def abandon(self, seconds: float) -> None:
        """Drops what is queued and waits for what is on its way, so that nothing comes after a reset."""
        with self._store.transaction() as connection:
            connection.execute("UPDATE deliveries SET state = 'given_up' WHERE state = 'waiting'")
        self.drain(seconds)

    def send_once(
        self, event: Json, endpoint: Json, secret: str, signature: str
    ) -> tuple[int, str]:
        """One attempt right now, outside the queue."""
        return _post(endpoint["url"], _body(event, endpoint), secret, signature)

    def _work(self) -> None:
        while True:
            attempt = self._claim()
            if attempt is None:
                with self._changed:
                    self._changed.wait(TICK_SECONDS)
                continue
            status, words = _post(
                attempt.endpoint["url"],
                _body(attempt.event, attempt.endpoint),
                attempt.secret,
                attempt.signature,
            )
            self._settle(attempt, status, words)

    def _claim(self) -> Attempt | None:
        now = self._clock.now()
        if not self._due(now):
            return None
        with self._store.transaction() as connection:
            row = connection.execute(
                NEWEST_DUE if self.newest_first else OLDEST_DUE, (now,)
            ).fetchone()
            if row is None:
                return None
            gone = row["endpoint"] is None
            connection.execute(
                "UPDATE deliveries SET state = ?, attempts = attempts + 1 WHERE seq = ?",
                ("given_up" if gone else "sending", row["seq"]),
            )
        if gone:
            return None
        return Attempt(
            row["seq"],
            row["attempts"] + 1,
            row["signature"],
            json.loads(row["event"]),
            json.loads(row["endpoint"]),
            json.loads(row["private"])["secret"],
        )

    def _settle(self, attempt: Attempt, status: int, words: str) -> None:
        state, due_at = "delivered", 0
        if not 200 <= status < 300:
            late = attempt.attempts > len(RETRY_SECONDS)
            state = "given_up" if late else "waiting"
            due_at = self._clock.now() + (0 if late else RETRY_SECONDS[attempt.attempts - 1])
            logger.warning(
                "webhook %s %s answered %s %s", attempt.event["type"], attempt.event["id"], status,
                words,
            )  # fmt: skip
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE deliveries SET state = ?, due_at = MAX(due_at, ?), last_answer = ?"
                " WHERE seq = ?",
                (state, due_at, f"{status} {words}".strip(), attempt.seq),
            )
        if not self._left():
            self.wake()

    def _due(self, now: int) -> bool:
        row = self._store.connection.execute(
            "SELECT 1 FROM deliveries WHERE state = 'waiting' AND due_at <= ? LIMIT 1", (now,)
        ).fetchone()
        return row is not None

    def _left(self) -> bool:
        row = self._store.connection.execute(
            "SELECT 1 FROM deliveries WHERE state = 'sending' OR (state = 'waiting'"
            " AND due_at <= ?) LIMIT 1",
            (self._clock.now(),),
        ).fetchone()
        return row is not None


def _body(event: Json, endpoint: Json) -> bytes:
    shown = {**event, "api_version": endpoint["api_version"] or event["api_version"]}
    return json.dumps(shown, indent=2).encode()


def _post(url: str, body: bytes, secret: str, signature: str) -> tuple[int, str]:
    parts = urlsplit(url)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Connection": "close",
    }
    signed = signatures.header(signature, secret, body)
    if signed is not None:
        headers["Stripe-Signature"] = signed
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port or 80, timeout=TIMEOUT_SECONDS
    )
    try:
        connection.request("POST", parts.path or "/", body, headers)
        answered = connection.getresponse()
        answered.read()
        return answered.status, answered.reason
    except (OSError, http.client.HTTPException) as unreachable:
        return 0, type(unreachable).__name__
    finally:
        connection.close()
