import datetime as dt

import pytest

from courses.models import Booking
from courses.services import bookings
from tests.courses.make import BROWSER, NOW, make_session

pytestmark = pytest.mark.django_db


class TestHold:
    def test_takes_places_for_fifteen_minutes(self):
        session = make_session()

        booking = bookings.hold(session_id=session.pk, places=2, browser=BROWSER, now=NOW)

        assert booking.status == "held"
        assert booking.hold_expires_at == NOW + dt.timedelta(minutes=15)
        assert booking.total_minor == 19200
        assert Booking.objects.get().attendees.count() == 2

    def test_costs_at_most_twelve_statements(self, django_assert_max_num_queries):
        session = make_session()

        with django_assert_max_num_queries(12) as seen:
            bookings.hold(session_id=session.pk, places=2, browser=BROWSER, now=NOW)
        print(len(seen))
