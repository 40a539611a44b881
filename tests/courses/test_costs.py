"""What the public pages ask of the database: the same for one date as for a full page of them."""

import datetime as dt

import pytest

from core import clock
from courses import selectors
from courses.selectors import CatalogueFilters
from courses.views import rows
from tests.courses.make import NOW, make_course, make_hold, make_session, make_venue

pytestmark = pytest.mark.django_db

A_PAGE, A_COURSE = 3, 3


@pytest.fixture
def dates():
    """Twenty-five of them, in two towns, one of three days, and a place taken."""
    first = clock.now().date() + dt.timedelta(days=10)
    venues = make_venue(), make_venue("york", town="York", latitude="53.96", longitude="-1.08")
    sessions = [
        make_session(venue=venues[number % 2], on=first + dt.timedelta(days=number))
        for number in range(25)
    ]
    make_course("paediatric", title="Paediatric First Aid")
    return sessions


class TestCatalogue:
    def test_asks_for_counts_courses_and_dates(self, client, dates, django_assert_num_queries):
        with django_assert_num_queries(A_PAGE):
            page = client.get("/")

        assert page.content.count(b'<li class="session card') == 20

    def test_asks_for_the_venues_where_distances_matter(
        self, client, dates, django_assert_num_queries
    ):
        with django_assert_num_queries(A_PAGE + 1):
            page = client.get("/?near=Leeds&distance=10")

        assert b"within 10 miles of Leeds" in page.content

    def test_asks_once_more_for_the_nearest_where_nothing_matches(
        self, client, dates, django_assert_num_queries
    ):
        with django_assert_num_queries(A_PAGE + 1):
            page = client.get("/?course=paediatric")

        assert b"No dates match." in page.content


class TestCourse:
    @pytest.mark.parametrize("query", ["", "?town=York", "?all=1"])
    def test_asks_for_the_course_its_towns_and_its_dates(
        self, client, dates, django_assert_num_queries, query
    ):
        with django_assert_num_queries(A_COURSE):
            page = client.get(f"/courses/emergency-first-aid-at-work/{query}")

        assert page.content.count(b'<label class="slot') == (25 if "all" in query else 6)


class TestListed:
    def test_says_of_each_date_what_the_catalogue_knows(self):
        taken = make_session(capacity=12)
        make_session(on=dt.date(2026, 12, 20), days=3)
        make_hold(taken, places=5)

        listed = selectors.listed(filters=CatalogueFilters(), now=NOW, limit=20)

        known = selectors.catalogue(filters=CatalogueFilters(), now=NOW)
        assert [rows.listed_row(each) for each in listed] == [
            rows.session_row(each) for each in known
        ]
        assert {each.places_left for each in listed} == {7, 12}

    @pytest.mark.parametrize(
        "wish",
        [
            {"course": "paediatric"},
            {"course": "nowhere"},
            {"venue": "york"},
            {"towns": ("York", "Hull")},
            {"towns": ()},
            {"from_date": dt.date(2026, 12, 16)},
            {"to_date": dt.date(2026, 12, 15)},
            {"days": "weekends"},
            {"days": "weekdays", "available": True},
        ],
    )
    @pytest.mark.parametrize("moment", [NOW, NOW + dt.timedelta(days=23), NOW])
    def test_finds_what_the_catalogue_finds_at_every_moment(self, wish, moment):
        york = make_venue("york", town="York")
        paediatric = make_course("paediatric", title="Paediatric First Aid")
        make_session(on=dt.date(2026, 12, 15))
        make_session(on=dt.date(2026, 12, 19), course=paediatric)
        make_hold(make_session(on=dt.date(2027, 1, 4), venue=york, capacity=1))
        filters = CatalogueFilters(**wish)

        listed = selectors.listed(filters=filters, now=moment, limit=20)
        facets = selectors.facets(filters=filters, now=moment)

        known = selectors.catalogue(filters=filters, now=moment)
        assert [(each.id, each.places_left) for each in listed] == [
            (each.pk, each.places_left) for each in known
        ]
        assert facets.total == len(known)

    def test_counts_a_hold_until_it_ends(self):
        make_hold(make_session(capacity=1), now=NOW)

        def left(moment: dt.datetime) -> int:
            (date,) = selectors.listed(filters=CatalogueFilters(), now=moment, limit=1)
            return date.places_left

        assert [left(NOW), left(NOW + dt.timedelta(minutes=15)), left(NOW)] == [0, 1, 0]

    def test_shows_the_part_that_is_asked_for(self):
        for day in range(1, 6):
            make_session(on=dt.date(2026, 12, day))

        part = selectors.listed(filters=CatalogueFilters(), now=NOW, first=3, limit=20)

        assert [each.starts_at.day for each in part] == [4, 5]


class TestCard:
    def test_changes_with_the_places_that_are_left(self):
        session = make_session(capacity=3)

        def shown():
            (date,) = selectors.listed(filters=CatalogueFilters(), now=NOW, limit=1)
            return rows.card(rows.listed_row(date))

        before = shown()
        make_hold(session, places=3)

        assert "3 places left" in before
        assert "Full" in shown()
