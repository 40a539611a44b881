import datetime as dt

import pytest

from core.ids import uuid7
from courses import selectors
from courses.models import Course
from courses.selectors import CatalogueFilters
from tests.courses.make import (
    NOW,
    make_confirmed,
    make_course,
    make_expired,
    make_hold,
    make_paying,
    make_session,
    make_venue,
)

pytestmark = pytest.mark.django_db


def found(**filters):
    return list(selectors.catalogue(filters=CatalogueFilters(**filters), now=NOW))


class TestCatalogue:
    def test_asks_one_question_for_a_page(self, django_assert_num_queries):
        venue = make_venue()
        for number in range(25):
            make_session(venue=venue, on=dt.date(2026, 12, 1) + dt.timedelta(days=number))
        make_hold(make_session(days=2, on=dt.date(2027, 1, 5)))

        with django_assert_num_queries(1):
            page = list(selectors.catalogue(filters=CatalogueFilters(), now=NOW)[:20])
            for each in page:
                assert each.course.title and each.venue.town and each.places_left
                assert each.day_list[0]["start"] == "09:15:00"

        assert len(page) == 20

    def test_shows_soonest_first(self):
        late = make_session(on=dt.date(2027, 1, 5))
        soon = make_session(on=dt.date(2026, 12, 1))

        assert found() == [soon, late]

    def test_leaves_out_what_is_not_on_sale(self):
        make_session(on=dt.date(2026, 11, 20))
        cancelled = make_session(on=dt.date(2026, 12, 2))
        cancelled.cancel()
        make_session(course=make_course("off", is_on_sale=False))

        assert found() == []

    def test_counts_places_by_state_and_live_holds_alone(self):
        make_expired(make_session(on=dt.date(2026, 12, 20)))
        session = make_session(capacity=12)
        make_confirmed(session, places=2)
        make_paying(session)
        make_hold(session, places=3)

        (first, second) = found()
        later = NOW + dt.timedelta(minutes=15)
        (after, _) = selectors.catalogue(filters=CatalogueFilters(), now=later)

        assert (first.places_left, second.places_left) == (6, 12)
        # The hold is over though nobody has expired it yet.
        assert after.places_left == 9

    def test_lists_the_days_of_a_session(self):
        make_session(days=3)

        assert [each["date"] for each in found()[0].day_list] == [
            "2026-12-15",
            "2026-12-16",
            "2026-12-17",
        ]

    def test_filters(self):
        york = make_venue("york", town="York")
        paediatric = make_course("paediatric", title="Paediatric First Aid")
        tuesday = make_session(on=dt.date(2026, 12, 15))
        saturday = make_session(on=dt.date(2026, 12, 19), course=paediatric, capacity=1)
        in_york = make_session(on=dt.date(2027, 1, 4), venue=york)
        make_hold(saturday)

        assert found(course="paediatric") == [saturday]
        assert found(venue="york") == [in_york]
        assert found(towns=("York", "Hull")) == [in_york]
        assert found(towns=()) == []
        assert found(from_date=dt.date(2026, 12, 16)) == [saturday, in_york]
        assert found(to_date=dt.date(2026, 12, 15)) == [tuesday]
        assert found(days="weekends") == [saturday]
        assert found(days="weekdays") == [tuesday, in_york]
        assert found(available=True) == [tuesday, in_york]


class TestFacets:
    def test_counts_each_choice_with_the_others_kept(self, django_assert_num_queries):
        paediatric = make_course("paediatric")
        make_session(on=dt.date(2026, 12, 15))
        make_session(on=dt.date(2026, 12, 19))
        make_session(on=dt.date(2026, 12, 19), course=paediatric)

        with django_assert_num_queries(1):
            chosen = selectors.facets(
                filters=CatalogueFilters(course="paediatric", days="weekends"), now=NOW
            )

        assert chosen.total == 1
        assert chosen.by_course == {"emergency-first-aid-at-work": 1, "paediatric": 1}
        assert (chosen.weekdays, chosen.weekends) == (0, 1)

    def test_counts_nothing_where_nothing_is(self):
        empty = selectors.facets(filters=CatalogueFilters(), now=NOW)

        assert (empty.total, empty.by_course) == (0, {})


class TestOtherDates:
    def test_finds_the_nearest_with_room(self):
        dates = [1, 8, 14, 16, 22, 29]
        sessions = {day: make_session(on=dt.date(2026, 12, day), capacity=3) for day in dates}
        chosen = make_session(on=dt.date(2026, 12, 15))
        make_hold(sessions[14], places=2)
        make_session(course=make_course("other"), on=dt.date(2026, 12, 15))

        others = selectors.other_dates(of=chosen, places=2, now=NOW)

        assert others == [sessions[8], sessions[16], sessions[22]]


class TestCourses:
    def test_tells_the_next_date_of_each(self):
        make_session(on=dt.date(2026, 11, 1))
        session = make_session()
        make_course("no-dates", position=1)
        make_course("off", is_on_sale=False)

        courses = list(selectors.courses(now=NOW))

        assert [(each.slug, each.next_at) for each in courses] == [
            ("emergency-first-aid-at-work", session.starts_at),
            ("no-dates", None),
        ]


class TestCourse:
    def test_refuses_one_that_is_not_on_sale(self):
        make_course("off", is_on_sale=False)

        for slug in ("off", "nowhere"):
            with pytest.raises(selectors.CourseNotFound):
                selectors.course(slug=slug)
        assert Course.objects.count() == 1


class TestSession:
    def test_refuses_one_that_is_not_there(self):
        with pytest.raises(selectors.SessionNotFound):
            selectors.session(session_id=uuid7(), now=NOW)


class TestBookingByToken:
    def test_reads_all_that_its_pages_show(self, django_assert_num_queries):
        token = make_confirmed(places=2).token

        with django_assert_num_queries(3):
            booking = selectors.booking_by_token(token)
            assert booking.customer.email == "ada@example.com"
            assert [each.name for each in booking.attendees.all()] == ["Person 1", "Person 2"]
            assert booking.session.course.title
            assert booking.session.venue.town
            assert len(booking.session.days.all()) == 1

    @pytest.mark.parametrize("token", ["", "a" * 32, "a" * 400, "a" * 31 + "\x00", "é" * 32])
    def test_refuses_what_opens_nothing(self, token):
        with pytest.raises(selectors.BookingNotFound):
            selectors.booking_by_token(token)
