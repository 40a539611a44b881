import datetime as dt

import pytest
from icalendar import Calendar

from courses import selectors
from courses.calendar import calendar_file
from courses.services import bookings
from tests.courses.make import NOW, make_confirmed, make_session

pytestmark = pytest.mark.django_db


def read(booking, **rest):
    content = calendar_file(selectors.booking(booking.pk), **rest)
    return content, Calendar.from_ical(content)


class TestCalendarFile:
    def test_has_one_event_a_day(self):
        booking = make_confirmed(make_session(days=3))

        _, calendar = read(booking)

        events = calendar.walk("VEVENT")
        assert [event["SUMMARY"] for event in events] == [
            f"Emergency First Aid at Work, day {number} of 3" for number in (1, 2, 3)
        ]
        assert [event["DTSTART"].dt.date() for event in events] == [
            dt.date(2026, 12, 15),
            dt.date(2026, 12, 16),
            dt.date(2026, 12, 17),
        ]
        assert len({event["UID"] for event in events}) == 3

    def test_says_when_in_the_time_of_the_venue(self):
        booking = make_confirmed(make_session(on=dt.date(2027, 7, 6)))

        _, calendar = read(booking)

        (event,) = calendar.walk("VEVENT")
        assert event["DTSTART"].params["TZID"] == "Europe/London"
        assert event["DTSTART"].dt.utcoffset() == dt.timedelta(hours=1)
        assert event["DTSTART"].dt.hour == 9
        assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Europe/London"]

    def test_tells_what_is_needed(self):
        booking = make_confirmed()

        _, calendar = read(booking, link="https://shop.example/bookings/x/")

        (event,) = calendar.walk("VEVENT")
        assert event["SUMMARY"] == "Emergency First Aid at Work"
        assert "1 Example Yard" in event["LOCATION"]
        assert "Bring photo ID." in event["DESCRIPTION"]
        assert booking.reference in event["DESCRIPTION"]
        assert event["URL"] == "https://shop.example/bookings/x/"
        (alarm,) = event.walk("VALARM")
        assert alarm["TRIGGER"].dt == dt.timedelta(days=-1)

    def test_leaves_the_link_out_for_others(self):
        booking = make_confirmed()

        content, calendar = read(booking)

        assert booking.token.encode() not in content
        assert "URL" not in calendar.walk("VEVENT")[0]

    def test_is_the_same_each_time(self):
        booking = make_confirmed()

        assert read(booking)[0] == read(booking)[0]

    def test_cancels_the_same_entry(self):
        booking = make_confirmed()
        (before,) = read(booking)[1].walk("VEVENT")
        bookings.cancel(booking_id=booking.pk, cause="x", actor="customer", now=NOW)

        (after,) = read(booking)[1].walk("VEVENT")

        assert after["UID"] == before["UID"]
        assert (before["STATUS"], after["STATUS"]) == ("CONFIRMED", "CANCELLED")
        assert after["SEQUENCE"] > before["SEQUENCE"]

    def test_survives_words_that_would_break_it(self):
        session = make_session()
        session.venue.name = "Rooms; at, the\nMill\r\nBEGIN:VEVENT"
        session.venue.save()
        booking = make_confirmed(session)

        _, calendar = read(booking)

        assert len(calendar.walk("VEVENT")) == 1
