import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from core.embedded import environment, postgres
from core.embedded.folders import REPOSITORY, FolderInUse, lock

LAUNCH = """
import sys, pathlib
from core.embedded import environment, postgres
from core.embedded.folders import lock
state = pathlib.Path(sys.argv[1])
held = lock(state)
server = postgres.start(state, secrets=environment.secrets_of(state))
print(server.process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def secrets(state: Path) -> dict[str, str]:
    state.mkdir()
    return environment.secrets_of(state)


def connect(server: postgres.Postgres) -> psycopg.Connection:
    return psycopg.connect(
        host=str(server.sockets),
        dbname=postgres.DATABASE,
        user=postgres.OWNER,
        password=server.secrets["DB_OWNER_PASSWORD"],
        autocommit=True,
    )


class TestStart:
    def test_rows_survive_a_killed_server(self, state, secrets):
        server = postgres.start(state, secrets=secrets)
        with connect(server) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        again = postgres.start(state, secrets=secrets)

        try:
            with connect(again) as connection:
                assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        finally:
            again.stop()

    def test_the_application_cannot_make_tables(self, state, secrets):
        server = postgres.start(state, secrets=secrets)
        try:
            application = psycopg.connect(
                host=str(server.sockets),
                dbname=postgres.DATABASE,
                user=postgres.APPLICATION,
                password=secrets["DB_PASSWORD"],
            )
            with application, pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute("CREATE TABLE mine (id int)")
        finally:
            server.stop()

    def test_a_killed_launcher_takes_its_server_with_it(self, state):
        launcher = _launch(state)
        server = int(launcher.stdout.readline())

        launcher.kill()
        launcher.wait()
        launcher.stdout.close()
        launcher.stdin.close()

        assert _ended(server, within_seconds=15)

    def test_says_why_it_did_not_start(self, state, secrets):
        with pytest.raises(postgres.PostgresFailed, match=r"postgres\.log"):
            postgres.start(state, secrets=secrets, settings={"shared_buffers": "nonsense"})


class TestLock:
    def test_refuses_a_second_program_on_the_same_folder(self, state):
        with lock(state), pytest.raises(FolderInUse, match="is in use"):
            lock(state)

    def test_lets_the_next_one_in_afterwards(self, state):
        lock(state).close()

        with lock(state) as held:
            assert not held.closed


def _launch(state: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", LAUNCH, str(state)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ended(pid: int, *, within_seconds: float) -> bool:
    """A process that is not our child can't be waited for; its pidfd becomes readable when it ends."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ready, _, _ = select.select([handle], [], [], within_seconds)
    os.close(handle)
    return bool(ready)
