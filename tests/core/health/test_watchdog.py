"""S66: a worker that is connected and takes nothing is found out, ends itself, and is started anew."""

import os
import subprocess
import sys
import time

import pytest
from celery.utils.nodenames import worker_direct
from celery.worker import state
from django.conf import settings
from django.db import connection

from config.celery import app
from core.embedded import supervisor
from core.health import watchdog
from core.health.watchdog import Watchdog


@pytest.fixture
def watching(monkeypatch):
    """A watchdog whose proofs are sent to nobody, with the worker's books under our hand."""
    monkeypatch.setattr(state, "total_count", state.total_count.__class__())
    monkeypatch.setattr(state, "active_requests", set())
    dog = Watchdog(app, "tests@here")
    monkeypatch.setattr(dog, "send", lambda: True)
    return dog


class TestIsSilent:
    def test_only_when_a_proof_was_not_taken_in_time(self, watching, settings):
        settings.WORKER_SILENT_SECONDS = 0.0

        assert [watching.is_silent(), watching.is_silent()] == [False, True]

    def test_not_before(self, watching, settings):
        settings.WORKER_SILENT_SECONDS = 60.0

        assert [watching.is_silent(), watching.is_silent()] == [False, False]

    def test_not_when_it_was_taken(self, watching, settings):
        settings.WORKER_SILENT_SECONDS = 0.0
        watching.is_silent()
        state.total_count[watchdog.PROOF] += 1

        assert not watching.is_silent()

    def test_not_while_something_long_is_under_way(self, watching, settings):
        settings.WORKER_SILENT_SECONDS = 0.0
        watching.is_silent()
        state.active_requests.add("a long task")

        assert not watching.is_silent()

    def test_not_while_the_broker_is_away(self, settings, monkeypatch):
        monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
        settings.WORKER_SILENT_SECONDS = 0.0
        away = app.__class__("tests", broker="redis://127.0.0.1:9/0", set_as_current=False)
        dog = Watchdog(away, "tests@here")

        assert [dog.is_silent(), dog.is_silent()] == [False, False]


@pytest.mark.django_db(transaction=True)
class TestWorker:
    def test_s66_that_takes_nothing_is_started_anew(self, broker, wait_until, tmp_path):
        log = tmp_path / "supervisor.log"
        name = f"s66-{os.getpid()}@tests"
        with log.open("w") as output:
            kept = subprocess.Popen(
                [sys.executable, "-c", SUPERVISED, name],
                env={
                    **os.environ,
                    "DB_NAME": connection.settings_dict["NAME"],
                    "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
                    "WORKER_PROOF_SECONDS": "1",
                    "WORKER_SILENT_SECONDS": "4",
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(lambda: app.control.ping(destination=[name], timeout=2))
            for queue in ("rft", worker_direct(name).name):
                app.control.cancel_consumer(queue, destination=[name], reply=True)
            stopped_at = time.monotonic()

            wait_until(lambda: "ended with status 70" in log.read_text())
            found_out_after = time.monotonic() - stopped_at
            wait_until(lambda: app.control.ping(destination=[name], timeout=2))

            assert "worker_takes_nothing" in log.read_text()
            assert found_out_after < 15
        finally:
            kept.terminate()
            kept.wait(30)


SUPERVISED = f"""
import sys
from {supervisor.__name__} import Process, Supervisor
command = [
    sys.executable, "-m", "celery", "--app", "config.celery", "--quiet", "worker", "--hostname", sys.argv[1],
    "--concurrency", "1", "--loglevel", "WARNING", "--without-mingle", "--without-gossip",
]
Supervisor(
    [Process("worker", command)], ready_url="http://127.0.0.1:9/", on_ready=lambda: None
).run()
"""
