"""`python -m tests.performance.tracing_cost`: what tracing costs a request, in microseconds of CPU time.

The same page is asked for again and again in one process (no server, no network but the database's and Valkey's),
with no collector named, with one trace in ten recorded, and with all; the CPU time is that of the whole process, the
thread that encodes and sends included. The three take turns, and the median round counts, so that a busy machine
does less harm. The collector is a process of its own.
"""

import argparse
import multiprocessing
import os
import statistics
import sys
import time
from typing import Any

from tests.performance import site

SHARES = {"none": None, "0.1": 0.1, "1": 1.0}
PAGES = ("/", "/api/v1/sessions/?available=true", "/livez")
WARM_UP = 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100, help="in one round")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    endpoints: Any = multiprocessing.get_context("spawn").Queue()
    collector = multiprocessing.get_context("spawn").Process(
        target=_collect, args=(endpoints,), daemon=True
    )
    collector.start()
    with site.servers():
        os.environ["LOG_LEVEL"] = "INFO"
        _measure_all(endpoints.get(timeout=60), options.requests, options.rounds)
    collector.terminate()
    return 0


def _collect(endpoints: Any) -> None:
    from tests.core.tracing.collector import Collector

    with Collector() as collector:
        endpoints.put(collector.endpoint)
        while True:
            time.sleep(5)
            collector.received.clear()
            collector.spans.clear()
            collector.raw.clear()


def _measure_all(endpoint: str, requests: int, rounds: int) -> None:
    import django

    django.setup()
    for page in PAGES:
        found: dict[str, list[float]] = {name: [] for name in SHARES}
        for _ in range(rounds):
            for name, share in SHARES.items():
                found[name].append(_round(page, endpoint, share, requests))
        _print(page, {name: statistics.median(each) for name, each in found.items()})


def _round(page: str, endpoint: str, share: float | None, requests: int) -> float:
    from django.conf import settings
    from django.test import Client

    from core.tracing import provider

    provider.stop()
    settings.JAEGER_ENDPOINT = "" if share is None else endpoint
    settings.TRACE_SAMPLE = share or 0.0
    client = Client(SERVER_NAME="127.0.0.1")
    for _ in range(WARM_UP):
        client.get(page)
    began = time.process_time()
    for _ in range(requests):
        client.get(page)
    provider.stop()
    return (time.process_time() - began) / requests * 1e6


def _print(page: str, medians: dict[str, float]) -> None:
    print(f"\n{page}")
    for name, microseconds in medians.items():
        more = microseconds - medians["none"]
        share = more / medians["none"]
        print(f"  recorded {name:>4}: {microseconds:8.0f} µs, {more:+6.0f} µs ({share:+.1%})")


if __name__ == "__main__":
    sys.exit(main())
