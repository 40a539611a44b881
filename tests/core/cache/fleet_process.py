"""One process of a fleet, for a test: does what its standard input says, a JSON line each, and answers so.

Argument: "shared" or "alone" (no Valkey behind the cache).
"""

import json
import os
import sys
import threading
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.cache import caches  # noqa: E402
from redis import Redis  # noqa: E402

from core.cache import keeper, stats  # noqa: E402
from core.cache.families import Family, register  # noqa: E402

THREADS = 100
MAKING_SECONDS = 0.3
if sys.argv[1] == "alone":
    settings.CACHES["default"]["OPTIONS"]["SHARED"] = ""

family = register(Family("fleet", seconds=60, hard_seconds=20))
cache = caches["default"]
layers = cache.layers
counter = Redis.from_url(settings.REDIS_URL)


def make():
    """Counts itself in Valkey, for the test to read."""
    counter.incr("test:makings")
    time.sleep(MAKING_SECONDS)
    return ("made", 1)


def protected(key):
    return family.get((key,), make)


def unprotected(key):
    """The guard off: look, make, put."""
    found = cache.get(f"fleet:{key}")
    if found is None:
        found = make()
        cache.set(f"fleet:{key}", found)
    return found


def at_once(work, key):
    barrier, answers = threading.Barrier(THREADS), []

    def one():
        barrier.wait()
        answers.append(work(key))

    threads = [threading.Thread(target=one) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [len(answers), sorted(set(answers)), stats.of("fleet").read()["waited"]]


def read(key):
    return cache.get(key)


def listen(_key):
    layers.changes.flush("test")
    return keeper.of(layers).listening.wait(10)


def changed(key_and_old):
    """When this process no longer reads the old value, by the clock of the machine."""
    key, old = key_and_old
    until = time.monotonic() + 10
    while cache.get(key) == old and time.monotonic() < until:
        time.sleep(0.001)
    return time.time()


ACTS = {
    "protected": lambda key: at_once(protected, key),
    "unprotected": lambda key: at_once(unprotected, key),
    "read": read,
    "listen": listen,
    "changed": changed,
}
print("ready", flush=True)
for line in sys.stdin:
    act, argument = json.loads(line)
    print(json.dumps(ACTS[act](argument)), flush=True)
