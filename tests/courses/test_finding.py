"""What the office looks for is found from one box: in a fixed number of queries, and only by who may see it."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from courses import selectors_finding
from courses.models import Attendee, Customer
from courses.services import bookings, replacing, waiting
from courses.services.details import AttendeeDetails, CustomerDetails
from payments.models import Payment
from tests.core.backoffice import staff
from tests.courses.make import NOW, make_confirmed, make_hold, make_session
from tests.payments.make import dispute

pytestmark = pytest.mark.django_db
GRACE = CustomerDetails(name="Grace Hopper", email="grace@example.com", company="Harbour Café Ltd")


@pytest.fixture
def session():
    return make_session(on=dt.date(2027, 12, 15))


@pytest.fixture
def grace(session):
    return make_confirmed(session, customer=GRACE)


def found(client, term, **box):
    answer = client.get(reverse("admin:search"), {"s": term, **box})
    assert answer.status_code == 200
    return answer.content.decode()


class TestBox:
    @pytest.mark.parametrize(
        "term", ["grcae hoper", "harbour cafe", "Hopp", "GRACE@example.com", "reference"]
    )
    def test_finds_a_booking(self, admin_client, session, grace, term):
        other = make_confirmed(session)
        term = grace.reference.lower() if term == "reference" else term

        words = found(admin_client, term, extended=1)

        assert grace.reference in words
        assert other.reference not in words

    def test_finds_who_only_comes_along(self, admin_client, grace):
        assert "Has a place in" in found(admin_client, "persn", extended=1)

    def test_asks_no_more_for_many_than_for_one(
        self, admin_client, session, grace, django_assert_max_num_queries
    ):
        for _ in range(8):
            make_confirmed(session, customer=GRACE)

        with django_assert_max_num_queries(28):
            words = found(admin_client, "grace hopper")

        assert words.count("Confirmed, 15 December 2027") == 9

    def test_shows_those_spelt_so_before_the_newer(self, admin_client, session, grace):
        other = CustomerDetails(name="Grace Hoppar", email="other@example.com")
        namesake = make_confirmed(session, customer=other)

        words = found(admin_client, "Grace Hopper")

        assert words.index(grace.reference) < words.index(namesake.reference)

    def test_tells_of_messages_to_an_address(self, admin_client, grace):
        from courses import emails, selectors

        emails.confirmation(booking=selectors.booking(grace.pk), now=NOW)

        assert "Messages to this address" in found(admin_client, "grace@example.com")

    def test_finds_who_waits_for_a_full_date(self, admin_client):
        small = make_session(on=dt.date(2027, 12, 16), capacity=1)
        make_hold(small, now=clock.now())
        waiting.join(
            session_id=small.pk, name="Grace Hopper", email=GRACE.email, places=1, now=clock.now()
        )

        assert "Waiting, 16 December 2027" in found(admin_client, "GRACE@example.com")
        assert "Waiting, 16" not in found(admin_client, "ada@example.com")

    def test_finds_a_dispute_by_its_booking_and_its_id(self, admin_client, grace):
        payment = Payment.begin(
            booking_id=grace.pk, amount=grace.total, address="192.0.2.7", device={},
            confirmation_token="ctoken_1", now=NOW,
        )  # fmt: skip
        disputed = dispute(payment, now=NOW)

        for term in (grace.reference, disputed.gateway_id):
            assert "Needs an answer" in found(admin_client, term)
        assert "Needs an answer" not in found(admin_client, "dp_another")

    def test_asks_nothing_for_somebody_without_a_role(self, grace):
        from django.contrib.auth.models import User

        nobody = Client()
        nobody.force_login(User.objects.create_user("new", is_staff=True))

        assert grace.reference not in found(nobody, "Grace Hopper", extended=1)

    def test_says_what_to_try_where_nothing_is_found(self):
        office = Client()
        office.force_login(staff.of_role("office"))

        assert "Nothing found for “Zebedee”" in found(office, "Zebedee")


class TestKeys:
    def test_follow_whoever_has_the_place(self, session, grace):
        person = grace.attendees.get()

        replacing.send(
            token=grace.token, attendee_id=person.pk, name="Katherine Johnson", email="", actor="c", now=NOW
        )  # fmt: skip

        assert selectors_finding.of_name("Katherine Jonson") == [grace.pk]
        assert selectors_finding.of_name("Person") == []

    def test_nobody_is_found_by_a_name_that_is_to_come(self, session):
        make_hold(session)

        assert Attendee.objects.get().name_keys == []
        assert not Customer.objects.exists()

    def test_details_that_come_later_are_found(self, session):
        booking = make_hold(session)
        bookings.give_details(
            token=booking.token, customer=GRACE, attendees=[AttendeeDetails(name="Al Ng")], now=NOW
        )

        assert selectors_finding.of_name("al ng") == [booking.pk]
        assert selectors_finding.of_name("hopper") == [booking.pk]
