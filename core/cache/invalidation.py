"""What changed is forgotten: here at once, in Valkey and in the other processes when the change is committed.

How an old value is kept from coming back
1. Each tag has a last change here (a running number) and a generation in Valkey.
2. Whoever makes a value notes both before it begins, and keeps the value only where neither has moved since.
3. What a transaction changed it neither reads from the cache nor writes to it, until it is over: nobody is shown
   what may yet be rolled back, and it sees its own changes.
"""

import fnmatch
import json
import os
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import uuid4

from django.db import connection, transaction

from core.cache import metrics
from core.cache.entries import Entry
from core.cache.memory import Memory
from core.cache.shared import Away, Shared

STAMPS_MAX = 10_000
WAITING_MAX = 1_000
KEYS_AT_ONCE = 1_000
EVERYTHING = "*"


@dataclass(frozen=True)
class Change:
    """What is to be forgotten. A pattern is a shell's, over whole keys."""

    tags: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    pattern: str = ""

    def to_text(self, sender: str) -> str:
        return json.dumps({"from": sender, "at": time.time(), **asdict(self)})


class Changes:
    """The changes that this process knows of."""

    def __init__(self, memory: Memory, all_keys: str) -> None:
        self._memory, self._all_keys = memory, all_keys
        self._lock = threading.Lock()
        self._stamps: dict[str, int] = {}
        self._floor = 0
        self.count = 0
        self.sender = f"{os.getpid()}-{uuid4().hex[:8]}"
        # For Valkey and the others; a deque's ends are safe between threads.
        self.waiting: deque[Change] = deque()
        self._overflown = False

    def is_valid(self, entry: Entry) -> bool:
        """Nothing that it was made of has changed since its making began."""
        known = self.count
        if entry.checked == known:
            return True
        if not self._unchanged(entry.born, entry.tags):
            return False
        entry.checked = known
        return True

    def may_keep(self, key: str, tags: Iterable[str], born: int) -> bool:
        """Whether a value whose making began at `born` is still worth keeping."""
        return self._unchanged(born, (key, EVERYTHING, *tags))

    def apply(self, change: Change) -> None:
        """Forget here."""
        with self._lock:
            number = self.count + 1
            stamps = [*change.tags, *change.keys, *([EVERYTHING] if change.pattern else [])]
            if len(self._stamps) + len(stamps) > STAMPS_MAX:
                self._floor = number
                self._stamps.clear()
            self._stamps.update(dict.fromkeys(stamps, number))
            # Last: who reads the new number must find the new stamps.
            self.count = number
        self._memory.forget(change.keys)
        if change.pattern:
            self._memory.forget(fnmatch.filter(self._memory.keys(), change.pattern))

    def flush(self, why: str) -> None:
        """Forget all that is here, also what is just being made."""
        with self._lock:
            self._floor = self.count + 1
            self._stamps.clear()
            self.count += 1
        self._memory.clear()
        metrics.flushes_total.labels(why).inc()

    def tell(self, change: Change, shared: Shared | None) -> None:
        """Valkey and the other processes; what can't be told now waits for the keeper."""
        if shared is None:
            return
        if self.waiting:
            self._wait(change)
            return
        try:
            self._send(change, shared)
        except Away:
            self._wait(change)

    def tell_later(self, change: Change, shared: Shared | None) -> None:
        if shared is not None:
            self._wait(change)

    def tell_waiting(self, shared: Shared) -> bool:
        """Tell what waits, in order; False when Valkey is still away."""
        while self.waiting:
            if self._overflown:
                self.waiting.clear()
                self.waiting.append(Change(pattern=self._all_keys))
                self._overflown = False
            change = self.waiting[0]
            try:
                if change.pattern:
                    self.sweep(change, shared)
                else:
                    self._send(change, shared)
            except Away:
                return False
            self.waiting.popleft()
        return True

    def sweep(self, change: Change, shared: Shared) -> int:
        """Delete by pattern; how many. Told before, so that nothing is put back, and after: in between others
        may have read again what was not yet deleted. Raises Away."""
        self._send(change, shared)
        gone = sum(shared.unlink(keys) for keys in shared.scan(change.pattern))
        self._send(change, shared)
        return gone

    def hear(self, text: bytes | str) -> None:
        """What another process told."""
        said: dict[str, Any] = json.loads(text)
        if said["from"] == self.sender:
            return
        self.apply(Change(tuple(said["tags"]), tuple(said["keys"]), said["pattern"]))
        metrics.invalidation_lag_seconds.observe(max(0.0, time.time() - said["at"]))
        metrics.invalidations_total.labels("others").inc()

    def _send(self, change: Change, shared: Shared) -> None:
        """Under single keys and patterns no generation lies, so whatever is being made then is not kept."""
        barrier = [EVERYTHING] if change.pattern or change.keys else []
        for first in range(0, max(1, len(change.keys)), KEYS_AT_ONCE):
            part = replace(change, keys=change.keys[first : first + KEYS_AT_ONCE])
            shared.forget(
                keys=part.keys, tags=[*part.tags, *barrier], message=part.to_text(self.sender)
            )

    def _wait(self, change: Change) -> None:
        if len(self.waiting) >= WAITING_MAX:
            self._overflown = True
            return
        self.waiting.append(change)

    def _unchanged(self, born: int, tags: Iterable[str]) -> bool:
        if born < self._floor:
            return False
        stamps = self._stamps
        return all(stamps.get(tag, 0) <= born for tag in tags)


# --- After the commit -----------------------------------------------------------------------------

_written = threading.local()


@dataclass(frozen=True)
class _Forgetting:
    """Waits for the commit; compares by what it says, so that a transaction's repeats are seen."""

    tags: frozenset[str]

    def __call__(self) -> None:
        from core.cache.layers import layers

        layers().forget(tags=tuple(sorted(self.tags)), source="commit")


def on_commit(tags: Iterable[str]) -> None:
    """Forget these tags when the transaction commits; at once when there is none."""
    forgetting = _Forgetting(frozenset(tags))
    if any(waiting == forgetting for _, waiting, *_ in connection.run_on_commit):
        return
    _written.maybe = True
    # Robust: what is committed is committed, whatever becomes of the cache.
    transaction.on_commit(forgetting, robust=True)


def is_dirty(tags: Iterable[str]) -> bool:
    """Whether the present transaction has changed something of this."""
    if not getattr(_written, "maybe", False):
        return False
    pending = [each for _, each, *_ in connection.run_on_commit if isinstance(each, _Forgetting)]
    if not pending:
        _written.maybe = False
        return False
    return any(not each.tags.isdisjoint(tags) for each in pending)
