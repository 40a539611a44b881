"""The sample catalogue: true, plausible, and the same when loaded again."""

import datetime as dt
from collections import defaultdict

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Max, Min, Sum

from core import clock
from courses.models import Booking, Course, CourseSession, SessionDay
from courses.services import sample_catalogue, sample_courses
from fraud.models import Assessment
from invoicing.models import Counter, Document
from payments.models import Payment, Refund
from tests.courses.make import NOW

pytestmark = pytest.mark.django_db
HOURS = {
    "emergency-first-aid-at-work": (6, 1, 9_600),
    "first-aid-at-work": (18, 3, 27_000),
    "first-aid-at-work-requalification": (12, 2, 18_600),
    "paediatric-first-aid": (12, 2, 18_000),
    "aed-and-cpr": (3, 1, 5_400),
}


class TestLoad:
    def test_teaches_what_the_law_asks(self):
        sample_catalogue.load(now=NOW)

        courses = {each.slug: each for each in Course.objects.all()}
        assert {
            slug: (each.hours, each.days, each.price_minor) for slug, each in courses.items()
        } == HOURS
        assert {each.validity_months for each in courses.values()} == {36}
        for slug, (start, end) in sample_catalogue.TIMES.items():
            course = courses[slug]
            a_day = dt.datetime.combine(NOW, end) - dt.datetime.combine(NOW, start)
            # Breaks and lunch come out of the day, and never out of the hours that are taught.
            assert a_day * course.days > dt.timedelta(hours=course.hours)

    def test_has_dates_for_half_a_year(self):
        sample_catalogue.load(now=NOW)

        span = CourseSession.objects.aggregate(first=Min("starts_at"), last=Max("starts_at"))
        assert dt.timedelta(days=1) < span["first"] - NOW < dt.timedelta(days=7)
        assert span["last"] - NOW > dt.timedelta(days=170)
        assert CourseSession.objects.values("course").distinct().count() == len(HOURS)
        assert not SessionDay.objects.filter(date__month=12, date__day__gte=25).exists()

    def test_adds_nothing_the_second_time(self):
        first = sample_catalogue.load(now=NOW)

        again = sample_catalogue.load(now=NOW)

        assert (first.courses, first.venues) == (5, 7)
        assert again == sample_catalogue.Loaded(0, 0, 0)

    def test_adds_only_the_days_that_have_come_nearer(self):
        sample_catalogue.load(now=NOW)
        price = Course.objects.filter(slug="aed-and-cpr")
        price.update(price_minor=1)

        later = sample_catalogue.load(now=NOW + dt.timedelta(days=7))

        assert 0 < later.sessions < 20
        assert price.get().price_minor == 1

    def test_books_no_room_twice(self):
        sample_catalogue.load(now=NOW)

        rooms = defaultdict(list)
        for day in SessionDay.objects.select_related("session"):
            rooms[day.session.venue_id, day.date].append(day.session_id)

        assert not [key for key, sessions in rooms.items() if len(sessions) > 1]

    def test_is_in_plain_words(self):
        for words in sample_courses.COURSES:
            assert len(words["summary"]) <= 300
            assert "!" not in f"{words}"


class TestHistory:
    def test_fills_every_table_so_that_it_adds_up(self):
        call_command("load_sample_catalogue", bookings=400, verbosity=0)

        assert Booking.objects.count() == 400
        taken = Payment.objects.filter(status="succeeded")
        assert set(taken.values_list("booking__status", flat=True)) <= {"confirmed", "cancelled"}
        assert not Booking.objects.filter(status="confirmed", payments__isnull=True).exists()
        assert Document.objects.invoices().count() == taken.count()
        assert (
            Document.objects.invoices().aggregate(sum=Sum("gross_minor"))["sum"]
            == taken.aggregate(sum=Sum("captured_minor"))["sum"]
        )
        assert Document.objects.credit_notes().count() == Refund.objects.count() > 0
        assert Assessment.objects.values("payment_id").distinct().count() == (
            Payment.objects.count()
        )

    def test_numbers_without_a_gap_and_with_dates_in_order(self):
        call_command("load_sample_catalogue", bookings=300, verbosity=0)

        for counter in Counter.objects.all():
            series = Document.objects.filter(series=counter.series, year=counter.year)
            rows = list(series.order_by("number").values_list("number", "issued_at"))
            assert [number for number, _ in rows] == list(range(1, counter.last_number + 1))
            assert [at for _, at in rows] == sorted(at for _, at in rows)

    def test_never_oversells_and_stays_readable(self):
        call_command("load_sample_catalogue", bookings=300, verbosity=0)

        now = clock.now()
        sessions = CourseSession.objects.with_places(now)
        assert not [each for each in sessions if each.places_left < 0]
        assert sessions.filter(starts_at__gt=now, places_taken__gt=0).exists()
        booking = Booking.objects.filter(status="confirmed").first()
        assert booking.customer.email.endswith("@example.com")
        assert booking.attendees.first().name
        document = Document.objects.invoices().first()
        assert document.private["method"].rsplit(" ", 1)[0].endswith("ending")
        assert not Booking.objects.filter(created_at__gt=now).exists()

    def test_replays_to_the_state_of_each_row(self):
        call_command("load_sample_catalogue", bookings=200, verbosity=0)

        for booking in Booking.objects.prefetch_related("transitions"):
            steps = sorted(booking.transitions.all(), key=lambda each: each.at)
            assert steps[-1].went_to == booking.status
        people = Booking.objects.annotate(people=Count("attendees"))
        assert not [each for each in people if each.people != each.places]

    def test_is_only_for_a_shop_that_has_issued_nothing(self):
        call_command("load_sample_catalogue", bookings=20, verbosity=0)

        with pytest.raises(CommandError, match="issued nothing yet"):
            call_command("load_sample_catalogue", bookings=20, verbosity=0)

        assert Booking.objects.count() == 20
