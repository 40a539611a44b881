"""The first page asks only what the person may see, and keeps its order."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import RequestFactory

from core.backoffice import today

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Person:
    def __init__(self, *permissions):
        self.permissions = permissions

    def has_perm(self, permission):
        return permission in self.permissions


@pytest.fixture
def page(monkeypatch):
    """Today with sources of its own."""
    for name in ("_counts", "_panels", "_happenings"):
        monkeypatch.setattr(today, name, [])

    def seen_by(*permissions):
        request = RequestFactory().get("/admin/")
        request.user = Person(*permissions)
        return today.page(request, NOW)

    return seen_by


def count(title, number=0):
    return lambda now: today.Count(title=title, number=number, url="/", icon="today")


class TestPage:
    def test_shows_counts_in_their_places_and_their_sum(self, page):
        today.add_count(20, "a.view", count("Second", 2))
        today.add_count(10, "a.view", count("First", 1))

        shown = page("a.view")

        assert [each.title for each in shown["counts"]] == ["First", "Second"]
        assert shown["waiting"] == 3

    def test_does_not_even_ask_what_the_person_may_not_see(self, page):
        def source(now):
            raise AssertionError("asked")

        today.add_count(10, "a.view", source)
        today.add_panel(10, "a.view", source)
        today.add_happenings("a.view", source)

        shown = page("b.view")

        assert (shown["counts"], shown["panels"], shown["happenings"]) == ([], [], [])

    def test_a_part_that_fails_leaves_the_others_standing(self, page):
        def broken(now):
            raise ZeroDivisionError

        today.add_count(10, "a.view", broken)
        today.add_count(20, "a.view", count("Stands", 3))
        today.add_panel(10, "a.view", broken)
        today.add_happenings("a.view", broken)

        shown = page("a.view")

        assert [each == today.FAILED for each in shown["counts"]] == [True, False]
        assert shown["panels"] == [today.FAILED]
        assert shown["happenings"] == today.FAILED
        assert shown["waiting"] == 3

    def test_leaves_out_a_panel_that_has_nothing_to_say(self, page):
        today.add_panel(10, "a.view", lambda now: None)

        assert page("a.view")["panels"] == []

    def test_merges_what_happened_newest_first_and_stops_at_ten(self, page):
        def source(start):
            return lambda limit: [
                today.Happening(at=NOW - timedelta(minutes=start + 2 * n), words=str(start + 2 * n))
                for n in range(limit)
            ]

        today.add_happenings("a.view", source(0))
        today.add_happenings("a.view", source(1))

        words = [each.words for each in page("a.view")["happenings"]]

        assert words == [str(n) for n in range(10)]
