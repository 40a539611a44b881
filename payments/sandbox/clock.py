"""The sandbox's own clock: real time plus an offset that the control plane may move forward.

The offset lives in the store, so a restart does not turn time back.
"""

import threading
import time

from .store import Store


class Clock:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._offset = int(store.setting("clock_offset") or 0)

    def now(self) -> int:
        return int(time.time()) + self._offset

    def advance(self, seconds: int) -> int:
        with self._lock:
            self._offset += seconds
            self._store.keep_setting("clock_offset", str(self._offset))
        return self.now()

    def reset(self) -> None:
        with self._lock:
            self._offset = 0
