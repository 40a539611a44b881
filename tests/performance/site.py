"""The site under load: durable servers as in `make run`, the sample catalogue, the processes, and their CPU time."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from core.embedded import environment, postgres, valkey
from core.embedded.folders import REPOSITORY
from tests.services import stripe_keys
from tests.stack import Stack

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
NO_LIMITS = {
    f"RATE_LIMIT_{name}": "1000000/m"
    for name in ("POSTS", "POSTS_USER", "POSTS_GLOBAL", "PAGES", "PAGES_USER", "PAGES_GLOBAL")
}


@dataclass(frozen=True)
class Servers:
    """A fresh database with the sample catalogue, and Valkey; named in this process's environment."""

    state: Path
    database: postgres.Postgres
    store: valkey.Valkey


@contextmanager
def servers(*, bookings: int = 0, keep: Path | None = None) -> Iterator[Servers]:
    """As `make run` has them, with `bookings` of history; what lies in `keep` is not made again."""
    state = keep.absolute() if keep else Path(tempfile.mkdtemp(prefix="rft-bench-"))
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    secrets = environment.secrets_of(state)
    database = postgres.start(state, secrets=secrets)
    store = valkey.start(state, password=secrets["VALKEY_PASSWORD"])
    os.environ.update(secrets | stripe_keys(secrets) | database.environment() | store.environment())
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
    os.environ["VAR_DIR"] = str(state)
    os.environ.update(NO_LIMITS)
    try:
        _fill(state / "filled", bookings)
        settle(database)
        yield Servers(state, database, store)
    finally:
        store.stop()
        database.stop()
        if not keep:
            shutil.rmtree(state, ignore_errors=True)


def settle(database: postgres.Postgres) -> None:
    """What autovacuum would do in its own time. Only the owner may: for anybody else PostgreSQL skips it in silence."""
    named = database.environment()
    with psycopg.connect(
        host=named["DB_HOST"], dbname=named["DB_NAME"], user=named["DB_OWNER_USER"],
        password=named["DB_OWNER_PASSWORD"], autocommit=True,
    ) as connection:  # fmt: skip
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE tableowner = current_user"
        )
        for (table,) in tables.fetchall():
            connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table)))


def _fill(mark: Path, bookings: int) -> None:
    """Raises RuntimeError when other data are there than are wanted."""
    filled = mark.read_text() if mark.exists() else ""
    if filled not in ("", str(bookings)):
        raise RuntimeError(f"{mark.parent} holds {filled} bookings: name another folder")
    _manage("migrate", "--verbosity", "0")
    wanted = bookings and not filled
    _manage("load_sample_catalogue", *(("--bookings", str(bookings)) if wanted else ()))
    _manage("ensure_demo_staff")
    mark.write_text(str(bookings))


@contextmanager
def running_site(
    *,
    delay_ms: int,
    bookings: int = 0,
    environment_of_site: dict[str, str] | None = None,
    keep: Path | None = None,
) -> Iterator[Stack]:
    """The servers behind running processes."""
    with servers(bookings=bookings, keep=keep) as behind:
        more = NO_LIMITS | (environment_of_site or {})
        stack = Stack(folder=behind.state, delay_ms=delay_ms, extra_environment=more)
        stack.servers = {
            "postgres": behind.database.process.pid,
            "valkey": behind.store.process.pid,
        }
        try:
            yield stack.start()
        finally:
            stack.stop()


def cpu_ms(stack: Stack) -> dict[str, float]:
    """CPU time so far of each part with all its children, milliseconds."""
    roots = {name: process.pid for name, process in stack.running.items()}
    roots |= {"sandbox": stack.sandbox.pid, "client": os.getpid(), **stack.servers}
    table = _process_table()
    return {name: _with_children(pid, table) for name, pid in roots.items()}


def memory_mb(stack: Stack) -> dict[str, float]:
    """What web and worker hold, shared pages counted once, MB."""
    table = _process_table()
    return {
        name: sum(_proportional_mb(pid) for pid in _tree(stack.running[name].pid, table))
        for name in ("web", "worker")
    }


def _tree(root: int, table: dict[int, tuple[int, float]]) -> Iterator[int]:
    yield root
    for pid, (parent, _) in table.items():
        if parent == root:
            yield from _tree(pid, table)


def _proportional_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


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
