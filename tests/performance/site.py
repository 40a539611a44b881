"""The site under load: durable servers as in `make run`, the sample catalogue, the processes, and their CPU time."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.embedded import environment, postgres, valkey
from core.embedded.folders import REPOSITORY
from tests.services import stripe_keys
from tests.stack import Stack

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
NO_LIMITS = {"RATE_LIMIT_POSTS": "1000000/m", "RATE_LIMIT_PAGES": "1000000/m"}


@contextmanager
def running_site(*, delay_ms: int, bookings: int = 0) -> Iterator[Stack]:
    """A fresh database with the sample catalogue (and `bookings` of history) behind running processes."""
    state = Path(tempfile.mkdtemp(prefix="rft-bench-"))
    secrets = environment.secrets_of(state)
    database = postgres.start(state, secrets=secrets)
    store = valkey.start(state, password=secrets["VALKEY_PASSWORD"])
    os.environ.update(secrets | stripe_keys(secrets) | database.environment() | store.environment())
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
    os.environ["VAR_DIR"] = str(state)
    _manage("migrate", "--verbosity", "0")
    _manage("load_sample_catalogue", *(("--bookings", str(bookings)) if bookings else ()))
    stack = Stack(folder=state, delay_ms=delay_ms, extra_environment=NO_LIMITS)
    stack.servers = {"postgres": database.process.pid, "valkey": store.process.pid}
    try:
        yield stack.start()
    finally:
        stack.stop()
        store.stop()
        database.stop()
        shutil.rmtree(state, ignore_errors=True)


def cpu_ms(stack: Stack) -> dict[str, float]:
    """CPU time so far of each part with all its children, milliseconds."""
    roots = {name: process.pid for name, process in stack.running.items()}
    roots |= {"sandbox": stack.sandbox.pid, "client": os.getpid(), **stack.servers}
    table = _process_table()
    return {name: _with_children(pid, table) for name, pid in roots.items()}


def _manage(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=REPOSITORY,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _process_table() -> dict[int, tuple[int, float]]:
    """pid -> (parent, CPU milliseconds including children that have ended)."""
    table = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        ticks = sum(int(field) for field in fields[11:15])
        table[int(folder.name)] = (int(fields[1]), ticks * 1000 / TICKS_PER_SECOND)
    return table


def _with_children(root: int, table: dict[int, tuple[int, float]]) -> float:
    total = table.get(root, (0, 0.0))[1]
    if root == os.getpid():
        return total
    return total + sum(
        _with_children(pid, table) for pid, (parent, _) in table.items() if parent == root
    )


def facts() -> str:
    """The machine, for the head of a report."""
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "unknown processor",
    )
    return json.dumps({"cores": os.cpu_count(), "processor": model})
