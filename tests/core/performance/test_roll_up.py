"""From memory to rows: added to, by many at once, and read back as one line."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from core.performance import recorder, roll_up, sampler, selectors
from core.performance.models import Measurement, Statement
from core.performance.recorder import PAGE, STATEMENT, Look, Row

NOW = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
HOUR = NOW.replace(minute=0)


def rows(ms: float, times: int = 1) -> dict:
    row = Row()
    for _ in range(times):
        row.add(ms)
    return {(PAGE, "/", ""): row}


def page() -> selectors.Line:
    (line,) = selectors.period(since=HOUR, until=NOW).of(PAGE)
    return line


@pytest.mark.django_db
class TestWrite:
    def test_adds_to_the_rows_of_the_hour(self):
        roll_up.write(rows(10, 3), now=NOW)
        roll_up.write(rows(400, 1), now=NOW + timedelta(minutes=5))

        assert Measurement.objects.get().hour == HOUR
        line = page()
        assert (line.count, line.total_ms) == (4, 430)
        assert line.p50 == pytest.approx(10, rel=0.1)
        assert line.p99 == pytest.approx(400, rel=0.1)

    def test_begins_a_new_row_each_hour(self):
        roll_up.write(rows(10), now=NOW)
        roll_up.write(rows(10), now=NOW + timedelta(hours=1))

        assert Measurement.objects.count() == 2
        whole = selectors.period(since=HOUR, until=HOUR + timedelta(hours=2))
        assert whole.of(PAGE)[0].count == 2

    def test_keeps_a_statement_once_whatever_its_values(self):
        for number in (1, 22):
            look = Look(1, 0, 30, 9, statements=((f"SELECT a FROM b WHERE c = {number}", 20, 40),))
            recorder.add(PAGE, "/", ms=5, look=look)

        roll_up.write(recorder.take(), now=NOW)

        assert Statement.objects.get().text == "SELECT a FROM b WHERE c = ?"
        (line,) = selectors.period(since=HOUR, until=NOW).of(STATEMENT)
        assert (line.count, line.runs_each, line.peak) == (40, 20, 20)

    def test_remembers_the_trace_of_the_slowest(self):
        for ms, trace in ((10, "a" * 32), (90, "b" * 32), (20, "c" * 32)):
            recorder.add(PAGE, "/", ms=ms, look=Look(1, 0, 1, 1, trace=trace))
            roll_up.write(recorder.take(), now=NOW)

        assert page().trace == "b" * 32


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_lose_nothing_and_never_wait_in_a_circle(self):
        def write(_number: int) -> None:
            pages = {(PAGE, f"/{place}", ""): rows(10)[PAGE, "/", ""] for place in range(20)}
            try:
                roll_up.write(pages, now=NOW)
            finally:
                connections["default"].close()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(write, range(40)))

        assert [row.count for row in Measurement.objects.all()] == [40] * 20


@pytest.mark.django_db(transaction=True)
class TestFlush:
    def test_writes_and_forgets(self):
        recorder.add(PAGE, "/", ms=10)

        sampler.flush()

        assert Measurement.objects.get().count == 1
        assert recorder.take() == {}

    def test_keeps_what_the_database_would_not_take(self):
        recorder.add(PAGE, "/", ms=10)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE performance_measurement RENAME TO away")
        try:
            sampler.flush()
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE away RENAME TO performance_measurement")

        assert recorder.take()[PAGE, "/", ""].count == 1
        assert not Measurement.objects.exists()
