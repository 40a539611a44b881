"""What was slow or repeated is told once, with its route, and without a parameter."""

import pytest
from django.db import connection

from core.database import queries, watching

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def afresh(monkeypatch):
    monkeypatch.setattr(watching, "_told", {})


def ask(number=1):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::int + 1", [number])


class TestWork:
    def test_the_same_again_and_again(self, settings, caplog):
        with watching.work(lambda: "/courses/<slug>/"):
            for number in range(settings.DB_REPEATS):
                ask(number)

        (line,) = [each for each in caplog.records if "statement_repeated" in each.getMessage()]
        assert "/courses/<slug>/" in line.getMessage()
        assert "SELECT %s::int + 1" in line.getMessage()

    def test_fewer_are_nothing(self, settings, caplog):
        with watching.work(lambda: "/"):
            for number in range(settings.DB_REPEATS - 1):
                ask(number)

        assert "statement_repeated" not in caplog.text

    def test_not_over_two_pieces_of_work(self, settings, caplog):
        for _ in range(2):
            with watching.work(lambda: "/"):
                for number in range(settings.DB_REPEATS // 2):
                    ask(number)

        assert "statement_repeated" not in caplog.text

    def test_once_a_minute_each(self, settings, caplog):
        for route in ("/one/", "/one/", "/two/"):
            with watching.work(lambda route=route: route):
                for number in range(settings.DB_REPEATS):
                    ask(number)

        assert caplog.text.count("statement_repeated") == 2 * caplog.text.count("/two/")

    def test_what_it_keeps_is_bounded(self, monkeypatch):
        monkeypatch.setattr(queries, "STATEMENTS_MAX", 5)
        with watching.work(lambda: "/"):
            for number in range(20):
                with connection.cursor() as cursor:
                    cursor.execute(f"SELECT {number}")
            assert len(watching.asked().statements) == 5
            assert watching.asked().count == 20


class TestSlow:
    def test_is_told_without_its_parameters(self, settings, caplog):
        settings.DB_SLOW_SECONDS = 0.02
        with watching.work(lambda: "/slow/"), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.03), %s::text", ["Canary Street"])

        assert "statement_slow" in caplog.text
        assert "/slow/" in caplog.text
        assert "Canary Street" not in caplog.text

    def test_quick_ones_are_nothing(self, caplog):
        with watching.work(lambda: "/"):
            ask()

        assert "statement_slow" not in caplog.text
