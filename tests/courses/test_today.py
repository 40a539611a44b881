"""Training's part of Today: the fortnight ahead, and bookings that came and went."""

import datetime as dt

import pytest

from core import clock
from courses.admin import today
from courses.models import CourseSession

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue():
    from django.core.management import call_command

    call_command("load_sample_catalogue", verbosity=0)


class TestSessions:
    def test_shows_the_next_fortnight_in_order(self, catalogue):
        now = clock.now()

        sessions = today.sessions(now).context["sessions"]

        starts = [each.starts_at for each in sessions]
        assert starts == sorted(starts)
        assert now < starts[0] <= starts[-1] <= now + dt.timedelta(days=14)

    def test_asks_once_however_many_there_are(self, catalogue, django_assert_num_queries):
        assert CourseSession.objects.count() > 100

        with django_assert_num_queries(1):
            today.sessions(clock.now())


class TestHappenings:
    def test_is_empty_in_a_new_shop(self):
        assert list(today.happenings(10)) == []
