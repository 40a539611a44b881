"""More slow requests than connections, and a server that goes and comes back: from outside, behind a real web server."""

import threading
import time
from itertools import count

import psycopg
import pytest
from django.conf import settings

from core.embedded import environment, postgres
from tests.core.database import small_site
from tests.core.database.small_site import Site
from tests.waiting import eventually

POOL, REQUESTS, SLOW_SECONDS = 5, 50, 1.0
LONGEST_SECONDS, RECOVERY_SECONDS = 5.0, 2.0
LOAD_THREADS, BACK_SECONDS = 8, 5.0


def on_test_database(tmp_path, **extra):
    environment = {"DB_NAME": settings.DATABASES["default"]["NAME"], **extra}
    return Site(tmp_path, threads=REQUESTS, environment=environment)


@pytest.mark.django_db(transaction=True)
class TestExhausted:
    """S71: 50 slow requests for 5 connections."""

    def burst(self, site):
        answers = []
        hands = [
            threading.Thread(
                target=lambda: answers.append(site.get(f"/slow/?seconds={SLOW_SECONDS}"))
            )
            for _ in range(REQUESTS)
        ]
        for each in hands:
            each.start()
        for each in hands:
            each.join()
        return answers

    def test_s71_none_waits_long_and_all_is_well_at_once_after(self, tmp_path):
        with on_test_database(tmp_path, DB_POOL_MAX=str(POOL)) as site:
            answers = self.burst(site)
            ended = time.monotonic()
            well = eventually(lambda: (found := site.get("/double/21/")).status == 200 and found)
            recovered = time.monotonic() - ended
            waited = site.metric('db_pool_acquisitions_total{waited="yes"}')
            timeouts = site.metric("db_pool_timeouts_total")

        longest = max(each.seconds for each in answers)
        served = sum(each.status == 200 for each in answers)
        print(
            f"\n{served} of {REQUESTS} served, longest {longest:.2f} s, well after {recovered:.2f} s"
        )
        assert len(answers) == REQUESTS
        assert {each.status for each in answers} == {200, 503}
        assert served >= 2 * POOL
        assert all(each.retry_after for each in answers if each.status == 503)
        assert longest < LONGEST_SECONDS
        assert well.text == "42"
        assert recovered < RECOVERY_SECONDS
        assert timeouts >= REQUESTS - served  # and whoever else wanted one in the background
        assert waited >= served - POOL

    def test_without_a_bound_somebody_waits_long(self, tmp_path):
        """The twin: the same with a wait of half a minute."""
        with on_test_database(tmp_path, DB_POOL_MAX=str(POOL), DB_POOL_WAIT_SECONDS="30") as site:
            answers = self.burst(site)

        assert max(each.seconds for each in answers) > LONGEST_SECONDS

    def test_its_numbers_are_told(self, tmp_path):
        with on_test_database(tmp_path, DB_POOL_MAX=str(POOL)) as site:
            for _ in range(20):
                assert site.get("/double/1/").status == 200
            text = site.get("/metrics").text

        for name in (
            'db_pool_connections{state="idle"}', 'db_pool_connections{state="used"}', "db_pool_idle_max",
            "db_pool_idle_min", "db_pool_max", "db_pool_pending_requests", "db_pool_timeouts_total",
            "db_pool_create_seconds_count", "db_pool_wait_seconds_count", "db_pool_use_seconds_count",
            'db_pool_acquisitions_total{waited="no"}',
        ):  # fmt: skip
            assert name in text, name


class OwnServer:
    """A PostgreSQL of the test's own, that it may stop and start."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder
        self.secrets = environment.secrets_of(folder)
        self.start()
        with self.connect() as made:
            made.execute("CREATE TABLE test_written (number int PRIMARY KEY)")
            made.execute(f"GRANT SELECT, INSERT ON test_written TO {postgres.APPLICATION}")

    def start(self):
        self.server = postgres.start(self.folder, secrets=self.secrets)

    def connect(self):
        return psycopg.connect(
            host=str(self.server.sockets),
            user=postgres.OWNER,
            password=self.secrets["DB_OWNER_PASSWORD"],
            dbname=postgres.DATABASE,
            autocommit=True,
        )

    def written(self):
        with self.connect() as made:
            return {number for (number,) in made.execute("SELECT number FROM test_written")}


@pytest.fixture
def own_server(tmp_path):
    server = OwnServer(tmp_path / "server")
    yield server
    server.server.stop()


class Load:
    """Threads that ask and write without a pause, and keep every answer."""

    def __init__(self, site):
        self.site, self.answers, self.acknowledged, self.wrong = site, [], set(), []
        self._numbers, self._ended = count(1), threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(LOAD_THREADS)]

    def __enter__(self):
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_ending):
        self._ended.set()
        for each in self._threads:
            each.join()

    def _run(self):
        while not self._ended.is_set():
            number = next(self._numbers)
            doubled = self.site.get(f"/double/{number}/")
            if doubled.status == 200 and doubled.text != str(2 * number):
                self.wrong.append(doubled)
            written = self.site.get(f"/write/{number}/")
            if written.status == 200:
                self.acknowledged.add(number)
            self.answers += [doubled, written]


class TestRestart:
    """S69: PostgreSQL is restarted under load."""

    def restarted_under_load(self, tmp_path, own_server, **extra):
        found = {**own_server.server.environment(), **extra}
        with Site(tmp_path, threads=LOAD_THREADS, environment=found) as site, Load(site) as load:
            eventually(lambda: len(load.acknowledged) > 50, seconds=60)
            own_server.server.stop()
            eventually(lambda: any(each.status >= 500 for each in load.answers))
            own_server.start()
            up_at = time.monotonic()
            eventually(lambda: any(each.status == 200 and each.at > up_at for each in load.answers))
            known = len(load.acknowledged)
            eventually(lambda: len(load.acknowledged) > known + 200, seconds=60)
        return load, up_at, site

    def test_s69_errors_are_only_503_and_all_is_back_soon(self, tmp_path, own_server):
        load, up_at, _ = self.restarted_under_load(tmp_path, own_server)

        refused = [each for each in load.answers if each.status != 200]
        last_refused_at = max(each.at for each in refused)
        print(
            f"\n{len(refused)} of {len(load.answers)} refused, the last "
            f"{last_refused_at - up_at:.2f} s after the server was up"
        )
        assert {each.status for each in refused} == {503}
        assert all(each.retry_after for each in refused)
        assert last_refused_at - up_at < BACK_SECONDS
        assert load.wrong == []
        assert load.acknowledged <= own_server.written()

    def test_while_it_is_gone_nobody_stands_in_line(self, tmp_path, own_server):
        found = own_server.server.environment()
        with Site(tmp_path, threads=LOAD_THREADS, environment=found) as site, Load(site) as load:
            eventually(lambda: len(load.acknowledged) > 50, seconds=60)
            own_server.server.stop()
            eventually(lambda: sum(each.status == 503 for each in load.answers) > LOAD_THREADS)
            known = len(load.answers)
            eventually(lambda: len(load.answers) > known + 200, seconds=30)
            while_gone = sorted(each.seconds for each in load.answers[known : known + 200])
            own_server.start()

        assert while_gone[len(while_gone) // 2] < 0.3

    def test_without_the_refusals_they_are_errors_of_ours(self, tmp_path, own_server):
        """The twin: the same restart, and what the database says is not turned into 503."""
        load, _, _ = self.restarted_under_load(
            tmp_path, own_server, **{small_site.WITHOUT_REFUSALS: "1"}
        )

        assert 500 in {each.status for each in load.answers}
