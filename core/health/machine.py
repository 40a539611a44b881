"""USE of what we run on: utilisation, saturation and errors of processor, memory, disk, connections and stores.

The machine's numbers come from Linux' own files; elsewhere they are absent.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily
from redis import Redis

from core.health import exposition
from core.health.readings import gauge

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
# The fields of /proc/stat's first line, by what they say of the processor.
MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
RESOURCES = ("cpu", "memory", "io")
QUEUE = "rft"


def host(now: datetime) -> Iterator[Metric]:
    yield from _processor()
    yield from _memory()
    disk = shutil.disk_usage(settings.VAR_DIR if Path(settings.VAR_DIR).exists() else "/")
    yield gauge("host_disk_free_ratio", "Where VAR_DIR lies", disk.free / disk.total)
    yield from _processes()


def database(now: datetime) -> Iterator[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE state = 'active'), count(*) FILTER (WHERE state = 'idle'),"
            " count(*) FILTER (WHERE state LIKE 'idle in%%'),"
            " coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0),"
            " current_setting('max_connections')::int, pg_database_size(current_database())"
            " FROM pg_stat_activity WHERE datname = current_database()"
        )
        active, idle, in_transaction, oldest, most, size = cursor.fetchone()
    states = {"active": active, "idle": idle, "idle_in_transaction": in_transaction}
    yield gauge("db_server_connections", "Connections of this database", states, label="state")
    yield gauge("db_server_connections_max", "Connections that the server takes", most)
    yield gauge("db_server_oldest_transaction_seconds", "The longest open one", float(oldest))
    yield gauge("db_server_size_bytes", "The database on disk", size)


def stores(now: datetime) -> Iterator[Metric]:
    """The three databases of Valkey; one that does not answer is 0 and has no other numbers."""
    names = {
        "cache": settings.REDIS_URL,
        "broker": settings.CELERY_BROKER_URL,
        "limits": settings.RATELIMIT_REDIS_URL,
    }
    asked = {name: _store(url) for name, url in names.items() if url}
    up = {name: float(bool(facts)) for name, facts in asked.items()}
    yield gauge("valkey_up", "1 for a store that answers", up, label="store")
    numbers: tuple[tuple[str, str, Callable[[dict], float]], ...] = (
        ("valkey_memory_bytes", "Memory in use", lambda facts: facts["used_memory"]),
        ("valkey_memory_max_bytes", "0 is unlimited", lambda facts: facts["maxmemory"]),
        ("valkey_clients", "Connections", lambda facts: facts["connected_clients"]),
        ("valkey_evicted_keys", "Thrown out for want of memory", lambda facts: facts["evicted_keys"]),
    )  # fmt: skip
    for metric, words, of in numbers:
        known = {name: float(of(facts)) for name, facts in asked.items() if facts}
        yield gauge(metric, words, known, label="store")
    if asked["broker"]:
        yield gauge("broker_waiting_tasks", "Not yet taken by a worker", asked["broker"]["queue"])


def _store(url: str) -> dict:
    try:
        with Redis.from_url(url, socket_connect_timeout=0.3, socket_timeout=0.3) as client:
            return {**client.info(), "queue": client.llen(QUEUE)}
    except OSError:
        return {}
    except Exception as failure:
        if type(failure).__module__.startswith("redis"):
            return {}
        raise


def _processor() -> Iterator[Metric]:
    if not (PROC / "stat").exists():
        return
    ticks = (PROC / "stat").read_text().splitlines()[0].split()[1:]
    seconds = CounterMetricFamily("host_cpu_seconds", "All processors", labels=["mode"])
    for mode, spent in zip(MODES, ticks, strict=False):
        seconds.add_metric([mode], int(spent) / TICKS)
    yield seconds
    yield gauge("host_cpus", "Processors", os.cpu_count() or 1)
    waited = CounterMetricFamily(
        "host_pressure_seconds", "Time in which something waited for it", labels=["resource"]
    )
    for resource in RESOURCES:
        file = PROC / "pressure" / resource
        if file.exists():
            waited.add_metric([resource], _pressure(file) / 1e6)
    yield waited


def _pressure(file: Path) -> int:
    """Microseconds, from `some avg10=0.00 … total=123`."""
    some = file.read_text().splitlines()[0]
    return int(some.rpartition("total=")[2])


def _memory() -> Iterator[Metric]:
    file = PROC / "meminfo"
    if not file.exists():
        return
    lines = (line.split(":") for line in file.read_text().splitlines())
    kilobytes = {name: int(rest.split()[0]) for name, rest in lines}
    yield gauge("host_memory_bytes", "All of it", kilobytes["MemTotal"] * 1024)
    yield gauge(
        "host_memory_available_bytes", "Free for the asking", kilobytes["MemAvailable"] * 1024
    )


def _processes() -> Iterator[Metric]:
    """By kind; their memory and processor time are `perf_`'s."""
    living: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for pid in exposition.pids():
        folder = PROC / str(pid)
        try:
            kind = _kind((folder / "cmdline").read_text())
            opened = len(list((folder / "fd").iterdir()))
        except OSError:
            continue
        living[kind] += 1
        files[kind] += opened
    yield gauge("process_living", "Processes of ours", living, label="kind")
    yield gauge("process_open_fds", "Open files and connections", files, label="kind")


def _kind(command: str) -> str:
    words = command.replace("\0", " ")
    if "gunicorn" in words:
        return "web"
    if "celery" in words:
        return "beat" if " beat" in words else "worker"
    return "other"
