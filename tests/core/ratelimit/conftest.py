"""Small views to knock at, limits that begin at nothing, and a store that can be stopped."""

import os
import signal
import threading
from collections.abc import Callable

import pytest
from django.test import Client
from django_redis import get_redis_connection
from redis import Redis

from core.ratelimit import store
from tests.core.doors import doors

__all__ = ["doors"]

BURST = 64


@pytest.fixture
def limited(doors, settings):
    with Redis.from_url(settings.CACHES["ratelimit"]["LOCATION"], socket_timeout=20) as patient:
        patient.flushdb()
    store.forget()
    settings.RATE_LIMITS = {"unknown_links": "3/10m", "posts": "3/h", "pages": "5/h"}
    yield doors
    store.forget()


@pytest.fixture
def patient(settings):
    """So many threads in one process starve each other for longer than the store may take."""
    # In the address, since connections are pooled by it: else those of an earlier test would be used again.
    address = settings.CACHES["ratelimit"]["LOCATION"]
    patience = "socket_connect_timeout=20&socket_timeout=20"
    slow = {**settings.CACHES["ratelimit"], "LOCATION": f"{address}?{patience}", "OPTIONS": {}}
    settings.CACHES = {**settings.CACHES, "ratelimit": slow}


@pytest.fixture
def store_is_away(settings):
    """The limits' database at an address where nothing listens."""
    away = {**settings.CACHES["ratelimit"], "LOCATION": "redis://127.0.0.1:9/2"}
    settings.CACHES = {**settings.CACHES, "ratelimit": away}


@pytest.fixture
def store_hangs():
    """The server takes connections and says nothing, as on a machine that stands still."""
    server = int(get_redis_connection("ratelimit").info("server")["process_id"])
    os.kill(server, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server, signal.SIGCONT)


def at_once(act: Callable[[int], int], many: int = BURST) -> list[int]:
    """The answers of so many that knock in the same moment."""
    found: list[int] = []
    start = threading.Barrier(many)

    def knock(number: int) -> None:
        start.wait(30)
        found.append(act(number))

    threads = [threading.Thread(target=knock, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == many
    return found


def visitor() -> Client:
    return Client(raise_request_exception=False)
