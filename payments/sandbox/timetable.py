"""What time itself does: holds end, pending refunds settle, disputes are decided."""

import threading
from collections.abc import Callable

from . import disputes, refunds, settlement
from .books import Books
from .clock import Clock
from .store import Store

TICK_SECONDS = 1.0

ACTIONS: dict[str, Callable[[Books, str], None]] = {
    "hold_expires": settlement.expire,
    "refund_pending": refunds.settle,
    "refund_fails": refunds.fail,
    "dispute_unanswered": disputes.unanswered,
    "dispute_decided": disputes.decided,
}


class Timetable:
    """Runs due actions each second, and at once when the clock was moved."""

    def __init__(self, store: Store, clock: Clock, open_books: Callable[..., Books]) -> None:
        self._store = store
        self._clock = clock
        self._open_books = open_books
        self._after: Callable[[], None] = lambda: None

    def start(self, after: Callable[[], None]) -> None:
        self._after = after
        threading.Thread(target=self._tick, name="timetable", daemon=True).start()

    def run_due(self) -> int:
        """Everything due by now, in order of its time; returns how many actions ran."""
        count = 0
        while self._run_next():
            count += 1
        if count:
            self._after()
        return count

    def _tick(self) -> None:
        never = threading.Event()
        while not never.wait(TICK_SECONDS):
            self.run_due()

    def _run_next(self) -> bool:
        now = self._clock.now()
        query = "SELECT * FROM due WHERE due_at <= ? ORDER BY due_at, seq LIMIT 1"
        if self._store.connection.execute(query, (now,)).fetchone() is None:
            return False
        with self._store.transaction() as connection:
            row = connection.execute(query, (now,)).fetchone()
            if row is None:
                return False
            connection.execute("DELETE FROM due WHERE seq = ?", (row["seq"],))
            books = self._open_books(connection, now=row["due_at"])
            ACTIONS[row["action"]](books, row["object_id"])
            books.flush()
        return True
