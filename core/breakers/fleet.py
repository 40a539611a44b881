"""Telling the other processes what this one knows, and taking over what they know; once a second, or at once."""

import os
import socket
import time
from dataclasses import dataclass
from typing import Any

from core.breakers import orders, registry
from core.breakers.storage import StoreAway
from core.breakers.window import Tally

PROCESS = f"{socket.gethostname()}:"
SILENT_SECONDS = 15.0
ORDERS_SECONDS, ORDERS_SECONDS_ALONE = 30.0, 5.0


@dataclass
class _Read:
    """Which orders this process has read, and when."""

    version: str | None = None
    at: float = float("-inf")


_read = _Read()


def sync() -> None:
    """Tell, hear, and read the orders again where that may bring something new."""
    version = meet()
    age = time.monotonic() - _read.at
    longest = ORDERS_SECONDS_ALONE if version is None else ORDERS_SECONDS
    if version != _read.version or age >= longest:
        _read.version, _read.at = version, time.monotonic()
        orders.load()
    registry.show_metrics()


def meet() -> str | None:
    """Tell and hear. The version of the orders, None when the fleet can't be reached."""
    store = registry.shared_store()
    if store is None:
        return None
    shared = {guard.name: guard for guard in registry.all_guards() if guard.policy.shared}
    try:
        merged = store.merge({name: guard.standing() for name, guard in shared.items()})
        for name, known in merged.items():
            shared[name].adopt(known)
        store.show_windows(f"{PROCESS}{os.getpid()}", _windows(), at=time.time())
        return store.orders_version()
    except StoreAway:
        return None


def tally_of_all(name: str) -> Tally:
    """What is in the windows of all processes that were heard of lately; this one's own, when alone."""
    store = registry.shared_store()
    own = registry.find(name).snapshot().tally
    if store is None:
        return own
    try:
        rows = store.windows(since=time.time() - SILENT_SECONDS)
    except StoreAway:
        return own
    known = [row[name] for row in rows if name in row]
    return Tally(*(sum(each[place] for each in known) for place in range(3))) if known else own


def _windows() -> dict[str, Any]:
    windows = {}
    for guard in registry.all_guards():
        tally = guard.snapshot().tally
        windows[guard.name] = (tally.calls, tally.failed, tally.slow)
    return windows
