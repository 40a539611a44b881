"""The garbage collector: how long it stops the process, and how seldom it need do so.

After start everything that was imported is frozen: it lives as long as the process, and a full collection that looks
at all of it stops every thread for tens of milliseconds. What was measured is in docs/decisions/0017.
"""

import gc
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import get_resolver

PAUSES_MAX = 5000

# A callback runs wherever memory is asked for, also while this thread holds a lock: so it only appends and adds.
pauses: deque[tuple[int, float]] = deque(maxlen=PAUSES_MAX)
_state = {"began": 0.0, "seconds": 0.0}


def listen() -> None:
    if _note not in gc.callbacks:
        gc.callbacks.append(_note)


def paused_seconds() -> float:
    """How long this process has stood still for it so far."""
    return _state["seconds"]


def settle() -> None:
    """Called when a process has started: import what is left, forget what is dead, freeze the rest, collect less often."""
    if not settings.GC_FREEZE:
        return
    assert get_resolver().url_patterns
    gc.collect()
    pauses.clear()  # at its start nobody waits for a process
    gc.freeze()
    gc.set_threshold(*settings.GC_THRESHOLDS)


def _note(phase: str, facts: Mapping[str, Any]) -> None:
    if phase == "start":
        _state["began"] = time.perf_counter()
        return
    pause = time.perf_counter() - _state["began"]
    _state["seconds"] += pause
    pauses.append((facts["generation"], pause))
