"""The text of `/metrics`: every process' counters added up, and what is read at this moment.

Each process writes its numbers into files of PROMETHEUS_MULTIPROC_DIR, named by its pid; whoever is asked adds them
up. A dead process' counters stay, or rates would jump; its "living" gauges go.
"""

import os
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from core.health.readings import Readings

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def text() -> bytes:
    return generate_latest(_counted()) + generate_latest(_read())


def counted_registry() -> CollectorRegistry:
    """For a server of metrics beside a worker, which has no other address."""
    return _counted()


def pids() -> list[int]:
    """The living processes that write here; those that died without a word are forgotten on the way."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return [os.getpid()]
    known = {_pid_of(file) for file in Path(folder).glob("*.db")} - {None}
    living = []
    for pid in sorted(pid for pid in known if pid is not None):
        if is_alive(pid):
            living.append(pid)
        else:
            mark_process_dead(pid, path=folder)
    return living


def empty_if_abandoned(folder: str | None = None) -> bool:
    """Begin afresh where no living process writes; true when it was so. Called before a group's first process starts."""
    place = folder or os.environ.get(VARIABLE)
    if not place:
        return False
    files = list(Path(place).glob("*.db"))
    if any(is_alive(pid) for pid in map(_pid_of, files) if pid is not None):
        return False
    Path(place).mkdir(parents=True, exist_ok=True)
    for file in files:
        file.unlink(missing_ok=True)
    return True


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _counted() -> CollectorRegistry:
    if VARIABLE not in os.environ:
        return REGISTRY
    pids()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


def _read() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Readings())
    return registry


def _pid_of(file: Path) -> int | None:
    """`counter_17.db`, `gauge_livesum_17.db`."""
    last = file.stem.rpartition("_")[2]
    return int(last) if last.isdigit() else None
