"""A day's bookings, each once, by how far they came."""

from datetime import timedelta

import pytest

from courses import metrics
from courses.models import Booking
from courses.services import bookings
from tests.courses.make import NOW, make_confirmed, make_hold, make_ready, make_session
from tests.metrics import counted, numbers

A_HOUR = timedelta(hours=1)


@pytest.mark.django_db
class TestRead:
    def test_counts_who_held_who_came_to_pay_and_who_paid(self):
        session = make_session(capacity=12)
        make_hold(session)
        make_ready(session)
        make_confirmed(session)

        found = numbers(metrics.read(NOW + A_HOUR))

        assert found["booking_funnel"] == {"held": 3, "pay_page": 2, "paid": 1}
        assert found["booking_live"] == {"held": 2, "paying": 0, "under_review": 0}

    def test_judges_nobody_who_may_still_pay(self):
        make_ready()

        assert numbers(metrics.read(NOW))["booking_funnel"]["pay_page"] == 0

    def test_leaves_the_probe_out(self):
        probed = make_ready()
        bookings.cancel(booking_id=probed.pk, cause=bookings.PROBE, actor="probe", now=NOW)

        found = numbers(metrics.read(NOW + A_HOUR))

        assert found["booking_funnel"] == {"held": 0, "pay_page": 0, "paid": 0}

    def test_a_day_later_it_is_another_day(self):
        make_ready()

        later = numbers(metrics.read(NOW + timedelta(days=2)))

        assert later["booking_funnel"]["held"] == 0

    def test_looks_only_at_the_day(self, django_assert_num_queries):
        with django_assert_num_queries(3):
            list(metrics.read(NOW))


@pytest.mark.django_db(transaction=True)
class TestCounters:
    def test_count_what_was_committed(self):
        before = counted("booking_events_total", event="confirmed")

        booking = make_confirmed()

        assert Booking.objects.get(pk=booking.pk).status == "confirmed"
        assert counted("booking_events_total", event="confirmed") == before + 1
