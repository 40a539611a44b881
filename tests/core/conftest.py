"""A scripted saga, and a real Celery worker on the test database and the test broker."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection
from redis import Redis

from core.embedded import children
from tests.core.sagas import journeys

WAIT_SECONDS_MAX = 120


class Worker:
    """One worker process with two children; `kill` is a power cut for all three."""

    def __init__(self, log) -> None:
        self.log = log
        self.process: subprocess.Popen | None = None

    def start(self, **environment: str) -> None:
        command = [
            *(sys.executable, "-m", "celery", "--app", "tests.core.worker", "--quiet", "worker"),
            *("--concurrency", "2", "--loglevel", "INFO", "--without-mingle", "--without-gossip"),
        ]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env={
                    **os.environ,
                    "DB_NAME": connection.settings_dict["NAME"],
                    "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=children.child_setup(end_signal=signal.SIGKILL, as_root=True),
            )

    def kill(self) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


@pytest.fixture
def broker():
    """The broker's database, empty before and after."""
    client = Redis.from_url(settings.CELERY_BROKER_URL)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def worker(broker, transactional_db, tmp_path):
    worker = Worker(tmp_path / "worker.log")
    yield worker
    worker.kill()
    print(worker.log.read_text() if worker.log.exists() else "no worker was started")


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Wait for something that another process does, with a limit."""

    def wait(reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while not reached():
            assert time.monotonic() < deadline, "it has not happened"
            time.sleep(0.05)

    return wait


@pytest.fixture
def script():
    script = journeys.Script()
    journeys.register(journeys.parcel(script))
    yield script
    journeys.forget("tests.parcel")
