"""One process of a fleet, for a test: says how many of its 32 threads were let through as probes.

Arguments: the breaker's name, how many probes, "shared" or "alone".
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

from core.breakers import fleet, registry  # noqa: E402
from core.breakers.guard import NotPermitted  # noqa: E402
from core.breakers.policy import Policy, State, Window  # noqa: E402

THREADS = 32


def main() -> None:
    name, probes, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    settings.BREAKERS_SHARED = mode == "shared"
    guard = registry.register(
        Policy(name, window=Window.COUNT, window_size=4, minimum_calls=4, open_seconds=0.5,
               probes=probes, probe_seconds=30)
    )  # fmt: skip
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(ACTS[line.strip()](guard)), flush=True)


def fail(guard):
    """Four failed calls; the state after telling the fleet."""
    for _ in range(4):
        try:
            guard.call(lambda: 1 / 0)
        except (ZeroDivisionError, NotPermitted):
            continue
    return sync(guard)


def sync(guard):
    fleet.meet()
    return guard.snapshot().state.value


def probe(guard):
    """32 threads at once; how many went. Each that goes holds its probe until all have asked."""
    while guard.snapshot().state is State.OPEN:
        time.sleep(0.01)
    start, asked = threading.Barrier(THREADS), threading.Barrier(THREADS)
    went: list[int] = []

    def one():
        start.wait()
        try:
            with guard.admit() as admitted:
                asked.wait(30)
                admitted.call(went.append, 1)
        except NotPermitted:
            asked.wait(30)

    threads = [threading.Thread(target=one) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(went)


ACTS = {"fail": fail, "sync": sync, "probe": probe}
main()
