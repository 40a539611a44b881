import datetime as dt

import pytest
from django.db import connection

from core.errors import Invalid
from courses.models import Booking, Customer
from courses.services import bookings
from courses.services.bookings import AttendeeDetails, CustomerDetails
from tests.courses.make import (
    CUSTOMER,
    NOW,
    make_expired,
    make_hold,
    make_paying,
    make_ready,
)

pytestmark = pytest.mark.django_db


def give(booking, **rest):
    return bookings.give_details(token=booking.token, now=NOW, **rest)


class TestGiveDetails:
    def test_writes_what_is_given_and_leaves_the_rest(self):
        booking = make_ready(places=2)

        give(booking, attendees=[AttendeeDetails(name="Grace Hopper")])
        give(booking, early_start_consent=True)

        kept = Booking.objects.get(pk=booking.pk)
        assert [each.name for each in kept.attendees.order_by("position")] == [
            "Grace Hopper",
            "Person 2",
        ]
        assert kept.customer.name == "Ada Lovelace"
        assert kept.early_start_consent

    def test_changes_the_same_customer(self):
        booking = make_ready()

        give(booking, customer=CustomerDetails(name="Ada King", email="king@example.com"))

        assert Customer.objects.get().name == "Ada King"

    def test_tidies_what_was_typed(self):
        booking = make_hold()
        typed = CustomerDetails(
            name="  Ada \n Lovelace ",
            email=" ada@example.com ",
            address=" 1 Yard \r\n Leeds ",
            purchase_order=" PO\t1 ",
        )

        kept = give(booking, customer=typed)

        assert (kept.customer.name, kept.customer.email) == ("Ada Lovelace", "ada@example.com")
        assert (kept.customer.address, kept.purchase_order) == ("1 Yard\nLeeds", "PO 1")

    def test_keeps_personal_data_sealed(self):
        make_ready()

        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(c)::text FROM courses_customer c")
            customer = cursor.fetchone()[0]
            cursor.execute("SELECT row_to_json(a)::text FROM courses_attendee a")
            attendee = cursor.fetchone()[0]

        for word in ("Ada", b"Ada".hex(), "ada@example.com", b"ada@example.com".hex()):
            assert word not in customer
        assert b"Person".hex() not in attendee

    def test_finds_a_customer_by_any_spelling_of_the_address(self):
        from core.crypto.index import blind_index
        from courses.models.customer import EMAIL_INDEX

        make_ready()

        index = blind_index("ADA@Example.com ", EMAIL_INDEX)
        assert Customer.objects.get(email_index=index).name == "Ada Lovelace"

    @pytest.mark.parametrize(
        ("customer", "field"),
        [
            ({"name": " "}, "customer.name"),
            ({"name": "x" * 121}, "customer.name"),
            ({"name": "Ada\x00"}, "customer.name"),
            ({"name": "Ada\ud800"}, "customer.name"),
            ({"email": ""}, "customer.email"),
            ({"email": "ada"}, "customer.email"),
            ({"email": "ada@example.com\nBcc: x@example.com"}, "customer.email"),
            ({"email": "a" * 300 + "@example.com"}, "customer.email"),
            ({"phone": "call me"}, "customer.phone"),
            ({"phone": "12"}, "customer.phone"),
            ({"address": "x" * 401}, "customer.address"),
            ({"purchase_order": "x" * 41}, "customer.purchase_order"),
        ],
    )
    def test_refuses_what_can_not_be_used(self, customer, field):
        booking = make_hold()
        given = {"name": "Ada", "email": "ada@example.com"} | customer

        with pytest.raises(Invalid) as refusal:
            give(booking, customer=CustomerDetails(**given))

        assert list(refusal.value.fields) == [field]
        assert not Customer.objects.exists()

    def test_names_the_attendee_that_can_not_be_used(self):
        booking = make_hold(places=2)

        with pytest.raises(Invalid) as refusal:
            give(
                booking,
                customer=CUSTOMER,
                attendees=[AttendeeDetails(), AttendeeDetails(email="no")],
            )

        assert list(refusal.value.fields) == ["attendees.1.email"]
        assert not Customer.objects.exists()

    def test_refuses_more_attendees_than_places(self):
        booking = make_hold()

        with pytest.raises(Invalid):
            give(booking, customer=CUSTOMER, attendees=[AttendeeDetails(name="A")] * 2)

        assert not Customer.objects.exists()
        assert booking.attendees.get().name == ""

    def test_still_works_when_the_hold_has_ended(self):
        booking = make_expired()

        give(booking, attendees=[AttendeeDetails(name="Late Name")])

        assert booking.attendees.get().name == "Late Name"

    def test_refuses_once_a_payment_has_begun(self):
        booking = make_paying()

        with pytest.raises(bookings.DetailsClosed):
            give(booking, attendees=[AttendeeDetails(name="Somebody Else")])

        assert booking.attendees.get().name == "Person 1"

    def test_notes_when(self):
        booking = make_ready(now=NOW)

        assert booking.details_at - booking.created_at == dt.timedelta(0)
