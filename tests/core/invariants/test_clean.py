"""A shop that is in order is silent."""

import pytest
from django.db import connection

from core.invariants import books, runner
from tests.core.invariants import world

pytestmark = pytest.mark.django_db


class TestCheck:
    def test_finds_nothing_in_an_empty_shop(self):
        with connection.cursor() as cursor:
            report = runner.check(cursor, given=(), now=world.LATER, grace=world.GRACE)

        assert report.violations == []

    def test_finds_nothing_in_a_shop_that_is_in_order(self):
        kept = world.build()

        with connection.cursor() as cursor:
            given = books.load(cursor, kept)
            report = runner.check(cursor, given=given, now=world.LATER, grace=world.GRACE)

        assert report.violations == []
        assert report.unchecked == []

    def test_names_what_it_could_not_check_without_books(self):
        with connection.cursor() as cursor:
            report = runner.check(cursor, given=(), now=world.LATER, grace=world.GRACE)

        assert {line.split(":")[0] for line in report.unchecked} >= {"INV-01", "INV-02", "INV-29"}

    def test_covers_the_list(self):
        wanted = [*range(1, 25), *range(27, 42)]

        assert sorted(each.id for each in runner.ALL) == [f"INV-{number:02d}" for number in wanted]
