"""What is read when monitoring asks: bounded in time, one part's failure hides no other's, and nothing old looks new."""

import threading
import time

import pytest
from django.db import connection

from core.health import machine, readings
from tests.metrics import numbers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def register():
    """Parts for one test; the reader is as before afterwards."""
    before = dict(readings._reader.parts)
    readings._reader.parts.clear()
    readings.forget()
    yield readings.register
    readings._reader.parts.clear()
    readings._reader.parts.update(before)
    readings.forget()


def asked() -> dict:
    return numbers(readings.Readings().collect())


class TestCollect:
    def test_a_part_that_fails_hides_no_other_and_shows_nothing(self, register):
        def fail(now):
            raise ValueError("password=hunter2")

        register("failing", fail)
        register("well", lambda now: [readings.gauge("well_rows", "Rows", 3)])

        found = asked()

        assert found["well_rows"] == 3
        assert found["metrics_reading_ok"] == {"failing": 0, "well": 1}
        assert "hunter2" not in str(found)

    def test_a_slow_query_is_ended_by_the_database(self, register, monkeypatch):
        monkeypatch.setattr(readings, "STATEMENT_MS_MAX", 50)

        def slow(now):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(30)")
            return []

        register("slow", slow)
        began = time.monotonic()

        assert asked()["metrics_reading_ok"] == {"slow": 0}
        assert time.monotonic() - began < 2

    def test_answers_in_time_while_a_part_hangs(self, register, monkeypatch):
        monkeypatch.setattr(readings, "SECONDS_MAX", 0.2)
        release = threading.Event()

        def hang(now):
            release.wait(30)
            return []

        register("hanging", hang, from_database=False)
        try:
            began = time.monotonic()
            first, second = asked(), asked()

            assert time.monotonic() - began < 2
            assert first == second == {"metrics_reading_ok": {"hanging": 0}}
        finally:
            release.set()

    def test_keeps_an_answer_for_a_moment(self, register):
        times: list[int] = []

        def count(now):
            times.append(1)
            return []

        register("counted", count)

        for _ in range(5):
            asked()

        assert len(times) == 1

    def test_leaves_no_connection_open(self, register):
        register("database", machine.database)

        first = asked()["db_server_connections"]
        readings.forget()

        assert sum(asked()["db_server_connections"].values()) <= sum(first.values())


class TestMachine:
    def test_tells_of_the_machine(self):
        found = numbers(machine.host(None))

        assert found["host_cpus"] >= 1
        assert found["host_cpu_seconds"]["idle"] > 0
        assert 0 < found["host_memory_available_bytes"] < found["host_memory_bytes"]
        assert 0 < found["host_disk_free_ratio"] <= 1

    def test_a_store_that_is_away_is_0_and_has_no_other_numbers(self, settings):
        settings.REDIS_URL = "redis://127.0.0.1:9/0"

        found = numbers(machine.stores(None))

        assert found["valkey_up"] == {"cache": 0, "broker": 1, "limits": 1}
        assert set(found["valkey_memory_bytes"]) == {"broker", "limits"}

    def test_tells_of_the_database(self):
        found = numbers(machine.database(None))

        assert found["db_server_connections"]["active"] >= 1
        assert found["db_server_connections_max"] >= 20
