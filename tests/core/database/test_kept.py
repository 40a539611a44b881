"""A kept statement answers for the moment that it is asked at, and is made once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User

from core.database import kept

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
made: list[tuple[str, ...]] = []


def joined_before(names: tuple[str, ...], *, now: datetime):
    made.append(names)
    users = User.objects.filter(username__in=names, date_joined__lt=now).order_by("username")
    return users.values_list("username", "date_joined")


def all_groups(*, now: datetime):
    return Group.objects.order_by("name").values_list("name")


@pytest.fixture
def people():
    made.clear()
    kept._statement.cache_clear()
    User.objects.create(username="ann", date_joined=NOW - timedelta(days=1))
    User.objects.create(username="bob", date_joined=NOW + timedelta(days=1))


class TestRows:
    def test_answers_for_each_moment_with_one_statement(self, people):
        names = ("ann", "bob", "%s")

        early, late, again = (
            [name for name, _ in kept.rows(joined_before, names, now=moment)]
            for moment in (NOW, NOW + timedelta(days=2), NOW)
        )

        assert (early, late, again) == (["ann"], ["ann", "bob"], ["ann"])
        assert made == [names]

    def test_sees_what_has_changed_since(self, people):
        kept.rows(joined_before, ("ann",), now=NOW)
        User.objects.all().delete()

        assert kept.rows(joined_before, ("ann",), now=NOW) == []

    def test_gives_values_as_they_are(self, people):
        assert kept.rows(joined_before, ("ann",), now=NOW) == [("ann", NOW - timedelta(days=1))]

    def test_asks_nothing_that_nothing_can_answer(self, people, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert kept.rows(joined_before, (), now=NOW) == []

    def test_needs_no_moment_in_it(self):
        Group.objects.create(name="zoo")

        assert ("zoo",) in kept.rows(all_groups, now=NOW)
