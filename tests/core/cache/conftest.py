"""A clock that the test moves, families of its own, and a fleet of processes."""

import json
import subprocess
import sys
import threading
import time
from itertools import count

import pytest
from django.core.cache import caches
from redis import Redis

from core.cache import families, keeper, watching

_names = count()


@pytest.fixture
def moved(settings, tmp_path):
    """`moved(61)`: all clocks are 61 seconds later."""
    path = tmp_path / "offset"
    path.write_text("0")
    settings.CLOCK_OFFSET_FILE = str(path)

    def move(seconds):
        path.write_text(str(float(path.read_text()) + seconds))

    return move


@pytest.fixture
def stopped(settings, monkeypatch, tmp_path):
    """The clock stands still: nothing gets old, however slow the machine."""
    from core import clock

    moment = clock.now()
    settings.CLOCK_OFFSET_FILE = str(tmp_path / "none")
    monkeypatch.setattr("core.clock.now", lambda: moment)


@pytest.fixture
def family():
    """`family(seconds=5)`: one of the test's own."""
    made = []

    def make(**options):
        found = families.register(families.Family(f"test-{next(_names)}", **options))
        watching.forget_statements()
        made.append(found)
        return found

    yield make
    for each in made:
        families.unregister(each.name)
    watching.forget_statements()


@pytest.fixture
def valkey(settings):
    """The cache's database, asked with more patience than the product has."""
    with Redis.from_url(settings.REDIS_URL, socket_timeout=20) as client:
        yield client


@pytest.fixture
def layers():
    return caches["default"].layers


@pytest.fixture
def listening(layers):
    """Invalidations of other processes are heard."""
    assert keeper.of(layers).listening.wait(10)
    return layers


@pytest.fixture
def eventually():
    def wait(reached, seconds=10):
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, "it has not happened"
            time.sleep(0.005)

    return wait


@pytest.fixture
def in_thread():
    """Runs work in a thread; call the answer to wait for what it gave back."""

    def start(work):
        found, errors = [], []

        def run():
            try:
                found.append(work())
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()

        def wait():
            thread.join(30)
            if errors:
                raise errors[0]
            return found[0]

        return wait

    return start


class Process:
    def __init__(self, mode):
        command = [sys.executable, "-m", "tests.core.cache.fleet_process", mode]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ready(self):
        assert self.process.stdout.readline() == "ready\n"

    def tell(self, act, argument):
        self.process.stdin.write(json.dumps([act, argument]) + "\n")
        self.process.stdin.flush()

    def answer(self):
        while not (line := self.process.stdout.readline()).startswith(("[", '"', "{", "t", "n")) and not line[0].isdigit():  # fmt: skip
            assert line, "the process ended"
        return json.loads(line)

    def ask(self, act, argument=None):
        self.tell(act, argument)
        return self.answer()

    def end(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def fleet():
    started: list[Process] = []

    def start(mode, *, processes=4):
        started.extend(Process(mode) for _ in range(processes))
        for process in started:
            process.ready()
        return started

    yield start
    for process in started:
        process.end()
