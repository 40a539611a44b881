"""What a hit and a set cost, beside Django's locmem, django-redis and cachetools.

In microseconds: of CPU for what lies in this process, of the clock for what Valkey is asked for.

`python -m tests.performance.cache`; part of `make bench`. Exit status 1 when a hit in memory is not at least twice
as quick as locmem's.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.embedded import environment, valkey
from tests.services import stripe_keys

KEYS = [f"courses:page:{number}" for number in range(250)]
SMALL = ("first-aid-at-work", 27_000, True)
PAGE = "<li>" * 12_000
CHANGEABLE = {"slug": "first-aid-at-work", "dates": [1, 2, 3], "price": 27_000}
VALUES = {"a tuple of 3": SMALL, "a page of 48 KB": PAGE, "a dict": CHANGEABLE}
TWICE = 2.0


class Tools:
    """cachetools as its documentation says: with a lock. It hands out what it holds."""

    def __init__(self) -> None:
        from cachetools import TTLCache

        self._cache: Any = TTLCache(10_000, 300)
        self._lock = threading.Lock()

    def get(self, key: str) -> Any:
        with self._lock:
            return self._cache.get(key)

    def set(self, key: str, value: Any) -> None:
        with self._lock:
            self._cache[key] = value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    state = Path(tempfile.mkdtemp(prefix="rft-bench-"))
    secrets = environment.secrets_of(state)
    server = valkey.start(state, password=secrets["VALKEY_PASSWORD"], durable=False)
    os.environ.update(secrets | stripe_keys(secrets) | server.environment())
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["CACHE_SHARED_MS_MAX"] = "2000"  # a busy machine is measured, not given up
    try:
        return _report(options.rounds)
    finally:
        from core.cache import keeper

        keeper.stop_all()
        server.stop()
        shutil.rmtree(state, ignore_errors=True)


def _report(rounds: int) -> int:
    import django

    django.setup()
    stores = _stores()
    slow = []
    for name, value in VALUES.items():
        print(f"\ncache: {name}, µs (median of {rounds} rounds)")
        print(f"  {'':24}{'hit':>9}{'8 threads':>11}{'set':>9}")
        hits = {}
        for store_name, store in stores.items():
            hit, crowd, put = _measured(store, value, rounds)
            hits[store_name] = hit
            print(f"  {store_name:24}{hit:9.2f}{crowd:11.2f}{put:9.2f}")
        ratio = hits["Django locmem"] / hits["ours, in memory"]
        print(f"  a hit in memory is {ratio:.1f} times as quick as locmem's")
        if ratio < TWICE and name != "a dict":  # copied for each caller, in both
            slow.append(name)
    if slow:
        print(f"BROKEN PROMISE: not twice as quick as locmem: {', '.join(slow)}")
    return 1 if slow else 0


def _stores() -> dict[str, Any]:
    from django.core.cache import caches
    from django.core.cache.backends.locmem import LocMemCache

    return {
        "ours, in memory": caches["default"],
        "ours, from Valkey": _OnlyValkey(caches["default"]),
        "Django locmem": LocMemCache("bench", {"OPTIONS": {"MAX_ENTRIES": 10_000}}),
        "django-redis (JSON)": caches["shared"],
        "cachetools, with a lock": Tools(),
    }


class _OnlyValkey:
    """What a hit costs that another process has made."""

    def __init__(self, cache: Any) -> None:
        self.cache = cache
        self.set = cache.set

    def get(self, key: str) -> Any:
        self.cache.layers.memory.pop(f"rft:1:{key}")
        return self.cache.get(key)


def _measured(store: Any, value: Any, rounds: int) -> tuple[float, float, float]:
    here = not (isinstance(store, _OnlyValkey) or "redis" in type(store).__module__)
    keys, clock = (KEYS, time.process_time) if here else (KEYS[:50], time.perf_counter)
    put = statistics.median(
        _us(lambda: _sets(store, value, keys), len(keys), clock) for _ in range(3)
    )
    if store.get(keys[0]) not in (value, list(value)):  # plain JSON knows no tuples
        raise RuntimeError(f"{store} does not hold what it was given")
    hit = statistics.median(
        _us(lambda: _gets(store, keys), len(keys), clock) for _ in range(rounds)
    )
    crowd = statistics.median(
        _us(lambda: _crowd(store, keys), 8 * len(keys), clock) for _ in range(3)
    )
    return hit, crowd, put


def _gets(store: Any, keys: list[str]) -> None:
    get = store.get
    for key in keys:
        get(key)


def _sets(store: Any, value: Any, keys: list[str]) -> None:
    for key in keys:
        store.set(key, value)


def _crowd(store: Any, keys: list[str]) -> None:
    threads = [threading.Thread(target=_gets, args=(store, keys)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _us(work: Callable[[], None], times: int, clock: Callable[[], float]) -> float:
    began = clock()
    work()
    return (clock() - began) * 1e6 / times


if __name__ == "__main__":
    sys.exit(main())
