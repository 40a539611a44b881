"""gunicorn's hooks: a group of processes begins its metrics afresh, and a dead worker is not counted as living."""

import os

from prometheus_client import multiprocess

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def on_starting(_server) -> None:
    from core.health import exposition

    exposition.empty_if_abandoned()


def post_worker_init(worker) -> None:
    from core.cache import warming
    from core.health import metrics
    from core.tracing import provider

    metrics.server_threads.set(worker.cfg.threads)
    # After the fork: a thread and a queue of spans are no child's to inherit.
    provider.start("web")
    # The first visitor does not wait for what everybody asks for.
    warming.begin()


def worker_exit(_server, _worker) -> None:
    from core.tracing import provider

    provider.stop()


def child_exit(_server, worker) -> None:
    if VARIABLE in os.environ:
        multiprocess.mark_process_dead(worker.pid)
