"""What a confirmed booking mails: to who booked, and to who comes; once, however often it is told."""

import email

import pytest
from icalendar import Calendar

from core import clock
from core.mail import delivery
from core.mail.models import Message
from courses import handlers
from courses.events import BookingConfirmed
from courses.services import bookings
from courses.services.bookings import AttendeeDetails, CustomerDetails
from tests.courses.make import (
    CUSTOMER,
    NOW,
    make_confirmed,
    make_hold,
    make_paying,
    make_session,
)
from tests.outbox_tools import drain_outbox

pytestmark = pytest.mark.django_db


def confirmed_with(attendees, customer=CUSTOMER, session=None):
    booking = make_hold(session, places=len(attendees))
    bookings.give_details(token=booking.token, customer=customer, attendees=attendees, now=NOW)
    bookings.begin_payment(booking_id=booking.pk, now=NOW)
    return bookings.confirm(booking_id=booking.pk, now=NOW)


def mails(kind):
    return list(Message.objects.filter(kind=f"courses.{kind}").order_by("id"))


def event_of(booking):
    return BookingConfirmed(booking_id=str(booking.pk), at=NOW.isoformat())


class TestMailConfirmation:
    def test_confirms_to_who_booked(self, settings):
        settings.SITE_URL = "https://shop.example"
        booking = make_confirmed(places=2)

        drain_outbox()

        (mail,) = mails("confirmation")
        assert mail.recipient == "ada@example.com"
        assert mail.subject == "Booked: Emergency First Aid at Work, Tue 15 Dec, Leeds"
        assert mail.text.startswith(f"You’re booked. Reference {booking.reference}.")
        for body in (mail.text, mail.html):
            assert booking.reference in body
            assert "Tuesday 15 December 2026" in body
            assert "9.15am to 4.30pm" in body
            assert "Person 2" in body
            assert "£192.00" in body
            assert "Monday 30 November" in body
            assert f"https://shop.example/bookings/{booking.token}/" in body
        assert mail.about == f"courses.booking:{booking.pk}"

    def test_attaches_the_calendar_file(self):
        booking = make_confirmed(make_session(days=2))

        drain_outbox()

        (file,) = mails("confirmation")[0].attachments.all()
        assert (file.name, file.mime.split(";")[0]) == ("first-aid-course.ics", "text/calendar")
        calendar = Calendar.from_ical(file.content)
        assert len(calendar.walk("VEVENT")) == 2
        assert booking.token in calendar.walk("VEVENT")[0]["URL"]

    def test_goes_out_as_a_message_that_mail_programs_read(self, mailoutbox):
        make_confirmed()
        drain_outbox()

        delivery.send_due(now=clock.now())

        sent = next(each for each in mailoutbox if each.to == ["ada@example.com"])
        message = email.message_from_bytes(sent.message().as_bytes())
        kinds = [part.get_content_type() for part in message.walk()]
        assert kinds[-1] == "text/calendar"
        assert {"text/plain", "text/html"} <= set(kinds)
        file = [*message.walk()][-1]
        assert Calendar.from_ical(file.get_payload(decode=True)).walk("VEVENT")

    def test_sends_joining_instructions_to_each_attendee_with_an_address(self):
        booking = confirmed_with(
            [
                AttendeeDetails(name="Grace Hopper", email="grace@example.org"),
                AttendeeDetails(name="Mary Seacole"),
            ]
        )

        drain_outbox()

        (mail,) = mails("joining")
        assert mail.recipient == "grace@example.org"
        assert mail.subject == "Your first aid course on Tuesday 15 December"
        assert mail.text.startswith("Arrive by 9am at Leeds training room")
        for body in (mail.text, mail.html):
            assert "Grace Hopper" in body
            assert "Mary Seacole" not in body
            # The link is for who booked; and whoever trains us need not know what helps whom.
            assert booking.token not in body
        (file,) = mail.attachments.all()
        assert booking.token.encode() not in bytes(file.content)

    def test_says_nothing_twice(self):
        booking = make_confirmed()

        drain_outbox()
        for _ in range(3):
            handlers.mail_confirmation(event_of(booking))

        assert len(mails("confirmation")) == 1
        assert len(mails("joining")) == 1

    def test_writes_to_nobody_whose_booking_is_gone_again(self):
        booking = make_confirmed()
        bookings.cancel(booking_id=booking.pk, cause="x", actor="customer", now=NOW)

        drain_outbox()

        assert not Message.objects.filter(kind="courses.confirmation").exists()

    def test_says_that_a_name_is_to_come(self):
        confirmed_with(
            [AttendeeDetails()],
            customer=CustomerDetails(name="Ada", email="ada@example.com", company="Example Ltd"),
        )

        drain_outbox()

        assert "Name to come" in mails("confirmation")[0].text

    def test_escapes_what_people_typed(self):
        confirmed_with([AttendeeDetails(name="<script>alert(1)</script>")])

        drain_outbox()

        (mail,) = mails("confirmation")
        assert "<script>" not in mail.html
        assert "<script>alert(1)</script>" in mail.text

    def test_waits_for_the_confirmation(self):
        make_paying()

        drain_outbox()

        assert not Message.objects.exists()
