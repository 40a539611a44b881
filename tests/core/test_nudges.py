"""A nudge is a hint: it reaches a broker that is there and never harms when it is not."""

import socket
import threading
import time

import pytest
from celery import current_app
from django.conf import settings
from django.db import transaction

from core import nudges
from core.embedded.ports import free_port

TASK = "tests.nothing_listens_to_this"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def afresh(monkeypatch):
    monkeypatch.setattr(nudges, "_silent_until", 0.0)


@pytest.fixture
def broker_at(monkeypatch):
    """Point the nudges at another broker address for one test."""

    def at(url: str) -> None:
        monkeypatch.setattr(current_app.conf, "broker_write_url", url)
        nudges._producers.cache_clear()

    nudges._producers.cache_clear()
    yield at
    nudges._producers.cache_clear()


def _count(outcome: str) -> float:
    return nudges.nudges_total.labels(TASK, outcome)._value.get()


class TestSend:
    def test_reaches_the_broker(self):
        before = _count("sent")

        assert nudges.send(TASK)

        assert _count("sent") == before + 1
        with current_app.connection_for_read(settings.CELERY_BROKER_URL) as connection:
            assert connection.default_channel.client.llen("rft") >= 1
            connection.default_channel.client.delete("rft")

    def test_gives_up_at_once_when_nothing_listens(self, broker_at):
        broker_at(f"redis://127.0.0.1:{free_port()}/0")
        failed, skipped = _count("failed"), _count("skipped")
        began = time.monotonic()

        assert not nudges.send(TASK)
        assert not nudges.send(TASK)

        assert time.monotonic() - began < 0.5
        assert (_count("failed"), _count("skipped")) == (failed + 1, skipped + 1)

    def test_gives_up_soon_when_the_broker_is_silent(self, broker_at):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            broker_at(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
            began = time.monotonic()

            assert not nudges.send(TASK)

        assert time.monotonic() - began < 3

    def test_is_bounded_for_every_thread(self, broker_at):
        """A silent broker costs the threads of a web process one time-out each, not one after the other."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            broker_at(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
            threads = [threading.Thread(target=nudges.send, args=[TASK]) for _ in range(4)]
            began = time.monotonic()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        assert time.monotonic() - began < 4


class TestOnCommit:
    def test_asks_once_for_the_same(self, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
            nudges.on_commit(TASK, run_id="1")
            nudges.on_commit(TASK, run_id="1")
            nudges.on_commit(TASK, run_id="2")

        assert len(callbacks) == 2

    def test_does_not_ask_for_what_was_rolled_back(self, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks() as callbacks:
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                nudges.on_commit(TASK)
                raise ZeroDivisionError
            nudges.on_commit(TASK)

        assert len(callbacks) == 1
