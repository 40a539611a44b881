"""Settings that do not fit are told before anything starts."""

import pytest
from django.db import connection

from core.database import checks, limits

DATABASES = ["default"]


def ids(found):
    return [each.id for each in found]


class TestThreads:
    def test_a_thread_without_a_connection_is_told(self, settings, monkeypatch):
        monkeypatch.setitem(settings.DATABASES["default"]["OPTIONS"]["pool"], "max_size", 9)
        settings.WEB_THREADS = 8

        assert ids(checks.threads()) == ["database.W001"]

    def test_what_is_shipped_fits(self, settings, monkeypatch):
        monkeypatch.setitem(settings.DATABASES["default"]["OPTIONS"]["pool"], "max_size", 10)
        settings.WEB_THREADS = 8

        assert checks.threads() == []


@pytest.mark.django_db
class TestRoomForAllPools:
    def test_more_than_the_server_gives(self, settings, monkeypatch):
        monkeypatch.setitem(settings.DATABASES["default"]["OPTIONS"]["pool"], "max_size", 50)
        settings.DB_PROCESSES = 10

        assert ids(checks.room_for_all_pools(databases=DATABASES)) == ["database.E001"]

    def test_as_many_as_it_gives(self, settings, monkeypatch):
        monkeypatch.setitem(settings.DATABASES["default"]["OPTIONS"]["pool"], "max_size", 10)

        assert checks.room_for_all_pools(databases=DATABASES) == []

    def test_is_not_asked_without_a_database(self, settings):
        settings.DB_PROCESSES = 1_000_000

        assert checks.room_for_all_pools() == []


@pytest.mark.django_db
class TestLimitsInForce:
    def test_the_launcher_sets_them(self):
        assert checks.limits_in_force(databases=DATABASES) == []

    @pytest.mark.parametrize(
        "change",
        ["RESET statement_timeout", "SET lock_timeout = '1min'", "SET statement_timeout = 0"],
    )
    def test_a_missing_or_longer_one_is_told_with_the_order_to_mend_it(self, settings, change):
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {settings.DB_APP_ROLE}")
            cursor.execute(f"ALTER ROLE {settings.DB_APP_ROLE} {change}")
            cursor.execute("RESET ROLE")
            (found,) = checks.limits_in_force(databases=DATABASES)

        assert found.id == "database.E002"
        assert f'ALTER ROLE "{settings.DB_APP_ROLE}" SET "statement_timeout" = \'5s\'' in found.hint

    @pytest.mark.parametrize(
        ("value", "milliseconds"),
        [("5s", 5000), ("250ms", 250), ("1min", 60_000), ("90", 90), ("", 0)],
    )
    def test_reads_what_the_server_writes(self, value, milliseconds):
        assert limits._milliseconds(value) == milliseconds
