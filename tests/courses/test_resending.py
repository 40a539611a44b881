"""The mails of a booking: seen by the link, sent again by who booked, to nobody who has no place, not without end."""

import datetime as dt

import pytest
from django.test import Client

from core import clock
from core.mail.models import Message, MessageState
from courses.models import Booking
from courses.services import bookings
from tests.courses.make import BROWSER, change, make_confirmed, make_session
from tests.outbox_tools import drain_outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking() -> Booking:
    now = clock.now()
    session = make_session(on=(now + dt.timedelta(days=30)).date())
    made = make_confirmed(session, places=2, browser=BROWSER, now=now)
    drain_outbox()
    delivered(Message.objects.all())
    return made


@pytest.fixture
def booker(client: Client) -> Client:
    client.cookies["rft_browser"] = BROWSER
    return client


def delivered(messages) -> None:
    messages.filter(state=MessageState.QUEUED).update(state=MessageState.SENT, sent_at=clock.now())


def address_of(booking: Booking) -> str:
    return f"/bookings/{booking.token}/emails/"


def mail_to(address: str, kind: str) -> Message:
    rows = Message.objects.filter(kind=f"courses.{kind}").order_by("created_at")
    return next(each for each in rows if each.recipient == address)


def count(kind: str) -> int:
    return Message.objects.filter(kind=f"courses.{kind}").count()


class TestTheList:
    def test_says_what_went_where(self, client, booking):
        undelivered = mail_to("person2@example.com", "joining")
        Message.objects.filter(pk=undelivered.pk).update(state=MessageState.DEAD, sent_at=None)

        html = client.get(address_of(booking)).content.decode()

        assert html.count('<li class="card">') == 3
        assert "person1@example.com" in html
        assert "We couldn’t deliver to that address. Check it." in html
        assert "Send again" not in html, "the link shows and does not act"


class TestAgain:
    def test_writes_the_booking_as_it_is(self, booker, booking):
        change(booking, 1, name="Grace Hopper")

        answer = booker.post(
            address_of(booking), {"message": mail_to("person1@example.com", "joining").pk}
        )

        assert answer.status_code == 302
        newest = Message.objects.filter(kind="courses.joining").latest("created_at")
        assert newest.recipient == "person1@example.com"
        assert "Grace Hopper" in newest.text

    def test_goes_to_nobody_who_lost_the_place(self, booker, booking):
        old = mail_to("person1@example.com", "joining")
        change(booking, 1, email="grace@example.com")

        answer = booker.post(address_of(booking), {"message": old.pk})

        assert answer.status_code == 409
        assert count("joining") == 2

    @pytest.mark.parametrize("message", ["x", "00000000-0000-0000-0000-000000000000"])
    def test_knows_no_other_mail(self, booker, booking, message):
        assert booker.post(address_of(booking), {"message": message}).status_code == 409

    def test_is_not_for_another_browser(self, client, booking):
        mail = mail_to("ada@example.com", "confirmation")

        assert client.post(address_of(booking), {"message": mail.pk}).status_code == 403
        assert count("confirmation") == 1

    def test_ends_after_a_few_an_hour(self, booker, booking, settings):
        settings.SENT_AGAIN_PER_HOUR = 2
        mail = mail_to("ada@example.com", "confirmation")

        answers = [booker.post(address_of(booking), {"message": mail.pk}) for _ in range(3)]

        assert [each.status_code for each in answers] == [302, 302, 429]
        assert "several emails in an hour" in answers[2].content.decode()
        assert count("confirmation") == 3


class TestElsewhere:
    def test_sends_confirmation_there_once(self, booker, booking):
        answer = booker.post(address_of(booking), {"email": "boss@example.com"})

        assert answer.status_code == 302
        mail = mail_to("boss@example.com", "confirmation")
        assert booking.reference in mail.text
        booking.refresh_from_db()
        assert booking.customer.email == "ada@example.com"

    @pytest.mark.parametrize("email", ["", "boss", "boss@", "a@b.example\nBcc: c@d.example"])
    def test_refuses_what_is_no_address_and_keeps_it(self, booker, booking, email):
        answer = booker.post(address_of(booking), {"email": email})

        assert answer.status_code == 422
        assert "Enter an email address in the right format" in answer.content.decode()
        assert count("confirmation") == 1

    def test_is_counted_with_the_rest(self, booker, booking, settings):
        settings.SENT_AGAIN_PER_HOUR = 1
        booker.post(address_of(booking), {"email": "boss@example.com"})

        answer = booker.post(address_of(booking), {"email": "boss2@example.com"})

        assert answer.status_code == 429
        assert 'value="boss2@example.com"' in answer.content.decode()

    def test_is_not_of_a_booking_that_is_not_confirmed(self, booker, booking):
        bookings.cancel(
            booking_id=booking.pk, attendee_ids=None, cause="x", actor="office", now=clock.now()
        )

        assert booker.post(address_of(booking), {"email": "b@example.com"}).status_code == 409
