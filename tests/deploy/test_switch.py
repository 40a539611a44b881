"""A release is exchanged under customers who never stop asking, and none of them sees it."""

import itertools
import json
import os
import signal
import stat
from datetime import date
from pathlib import Path

import pytest

from core.embedded.folders import REPOSITORY
from tests.courses.make import make_session
from tests.deploy.proxy import Customers, Site, get, post
from tests.stack import Stack
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)
PER_SECOND = 20


@pytest.fixture
def site(tmp_path, django_db_setup, transactional_db):
    """The proxy, and blue with the traffic."""
    limits = dict.fromkeys(
        ("RATE_LIMIT_POSTS", "RATE_LIMIT_PAGES", "RATE_LIMIT_POSTS_USER", "RATE_LIMIT_PAGES_USER"),
        "1000000/m",
    )
    stack = Stack(folder=tmp_path / "site", extra_environment=limits)
    stack.folder.mkdir()
    stack.start(only=())
    running = Site(tmp_path, stack.environment() | {"DB_POOL_MAX": "5"})
    try:
        running.start_proxy()
        up = running.run("up", "--release", str(REPOSITORY))
        assert up.returncode == 0, up.stderr
        yield running
    finally:
        running.stop()
        stack.stop()


@pytest.fixture
def customers(site):
    """Who look, ask the API, and take places."""
    dates = [date(2027, 3, day) for day in (1, 2, 3)]
    sessions = [str(make_session(on=on, capacity=900).pk) for on in dates]
    number = itertools.count()

    def hold() -> bytes:
        chosen = sessions[next(number) % len(sessions)]
        return json.dumps({"session": chosen, "places": 1}).encode()

    asks = [
        get(f"{site.url}/"),
        get(f"{site.url}/api/v1/courses/"),
        get(f"{site.url}/courses/emergency-first-aid-at-work/"),
        post(f"{site.url}/api/v1/bookings/", hold),
    ]
    return Customers(asks, PER_SECOND)


def live(site: Site) -> str:
    return json.loads(site.run("status").stdout)["live"]


class TestSwitch:
    def test_no_request_fails_over_three_switches_and_a_rollback(self, site, customers):
        colours = [live(site)]
        with customers:
            for action in (["switch"], ["switch"], ["switch"], ["rollback"]):
                release = ["--release", str(REPOSITORY)] if action == ["switch"] else []
                done = site.run(*action, *release)
                assert done.returncode == 0, done.stderr
                colours.append(live(site))

        assert colours == ["blue", "green", "blue", "green", "blue"]
        assert customers.failures == []
        assert len(customers.answers) > 4 * PER_SECOND

    def test_customers_notice_a_colour_that_is_killed(self, site, customers):
        """The twin: without the switch's care requests do fail, and this test sees it."""
        with customers:
            eventually(lambda: len(customers.answers) > PER_SECOND, seconds=60)
            pid = int((site.folder / "colours" / "blue" / "pid").read_text())
            os.killpg(pid, signal.SIGKILL)
            eventually(lambda: customers.failures, seconds=30)

        assert customers.failures != []

    def test_a_release_that_does_not_become_ready_changes_nothing(self, site, tmp_path):
        done = site.run("switch", "--release", str(broken(tmp_path / "broken")))

        assert done.returncode == 1
        assert "green did not become ready" in done.stderr
        assert "no such module" in done.stderr
        assert live(site) == "blue"
        assert get(f"{site.url}/")() == 200

    def test_monitoring_and_invented_addresses_stay_outside(self, site):
        with Customers([get(f"{site.url}/metrics"), get(f"{site.url}/readyz")], 5) as curious:
            eventually(lambda: len(curious.failures) >= 4)

        assert set(curious.failures) == {404}

    def test_who_had_the_traffic_survives_the_proxy(self, site):
        site.run("switch", "--release", str(REPOSITORY))
        site.proxy.terminate()
        site.proxy.wait()
        (site.folder / "proxy.sock").unlink(missing_ok=True)

        site.start_proxy()

        assert live(site) == "green"


def broken(folder: Path) -> Path:
    """A release whose program ends at once, with a word."""
    program = folder / ".venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho 'no such module' >&2\nexit 3\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder
