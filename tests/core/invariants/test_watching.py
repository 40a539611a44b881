"""The hourly check keeps what it found and says it to monitoring; one that can't be checked is no good news."""

import pytest
from django.db import connection

from core.invariants import runner, tasks, watching
from core.invariants.models import Standing
from tests.core.invariants import world
from tests.metrics import numbers

pytestmark = pytest.mark.django_db(transaction=True)


class TestCheck:
    def test_finds_what_is_broken_and_then_that_it_is_mended(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO invoicing_counter (series, year, last_number, last_issued_at)"
                " VALUES ('INV', 2026, 3, '2026-11-01Z')"
            )

        found = watching.check("INV-35", now=world.LATER)

        assert [each["count"] for each in found.broken] == [1]
        told = numbers(watching.read(world.LATER))
        assert told["invariant_broken_rows"] == {"INV-35": 1}
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE invoicing_counter DISABLE TRIGGER USER")
            cursor.execute("DELETE FROM invoicing_counter")
            cursor.execute("ALTER TABLE invoicing_counter ENABLE TRIGGER USER")
        assert watching.check("INV-35", now=world.LATER).broken == []
        assert Standing.objects.count() == 1

    def test_says_when_it_could_not(self):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE invoicing_counter RENAME TO elsewhere")
        try:
            kept = watching.check("INV-35", now=world.LATER)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE elsewhere RENAME TO invoicing_counter")

        assert "invoicing_counter" in kept.failure
        assert numbers(watching.read(world.LATER))["invariant_checks_failed"] == 1

    def test_each_is_checked_by_its_own_task(self):
        for nth in range(len(watching.names())):
            tasks.check(nth=nth)

        assert set(Standing.objects.values_list("invariant", flat=True)) == {
            each.id for each in runner.ALL
        }
