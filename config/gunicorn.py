"""gunicorn's hooks: metrics of a dead worker are not counted as living."""

from prometheus_client import multiprocess


def child_exit(_server, worker) -> None:
    import os

    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)
