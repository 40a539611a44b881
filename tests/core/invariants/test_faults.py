"""Every check fires on the fault that is planted for it. A check that nothing can break proves nothing."""

import pytest
from django.db import connection, transaction

from core.invariants import books as gateway
from core.invariants import runner
from core.invariants.invariant import found_by
from tests.core.invariants import world
from tests.core.invariants.faults import FAULTS, Fault

pytestmark = pytest.mark.django_db
BY_ID = {invariant.id: invariant for invariant in runner.ALL}


@pytest.fixture(scope="module")
def books(django_db_setup, django_db_blocker):
    """One shop in order for all tests, with nothing left that would refuse a fault; rolled back at the end."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            kept = world.build()
            world.unguard()
            yield kept
            transaction.set_rollback(True)
        connection.close()


class TestFaults:
    def test_there_is_one_for_each_check(self):
        planted = {(fault.id, fault.check) for fault in FAULTS}
        wanted = {(each.id, number) for each in runner.ALL for number in range(len(each.checks))}

        assert planted == wanted

    def test_without_any_nothing_fires(self, books):
        with connection.cursor() as cursor:
            given = gateway.load(cursor, books)
            report = runner.check(cursor, given=given, now=world.LATER, grace=world.GRACE)

        assert report.violations == []

    @pytest.mark.parametrize("fault", FAULTS, ids=str)
    def test_makes_its_check_fire(self, books, fault):
        violation = found(fault, world.changed(books, fault.books) if fault.books else books)

        assert violation is not None
        assert violation.id == fault.id
        assert violation.rows


def found(fault: Fault, books: dict):
    invariant = BY_ID[fault.id]
    values = {"now": world.LATER, "settled": world.LATER - world.GRACE}
    with connection.cursor() as cursor:
        if fault.sql:
            cursor.execute(fault.sql)
        gateway.load(cursor, books)
        return found_by(invariant, invariant.checks[fault.check], cursor, values)
