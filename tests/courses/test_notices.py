"""What a date calls for is mailed once, to who it is for, and to nobody who need not know."""

import datetime as dt
import re

import pytest

from core.mail.models import Message
from courses import metrics, notices
from courses.models import Attendance, DayMark, Notice, Rating
from courses.services import bookings
from tests.courses.make import NOW, change, make_confirmed, make_session
from tests.metrics import numbers

pytestmark = pytest.mark.django_db
STARTS = dt.datetime(2026, 12, 15, 9, 15, tzinfo=dt.UTC)
NEAR = STARTS - dt.timedelta(days=3)
OVER = STARTS + dt.timedelta(hours=8) + notices.AFTERWARDS


def told(kind: str) -> list[tuple[str, str]]:
    rows = Message.objects.filter(kind=f"courses.{kind}").order_by("id")
    return sorted((each.recipient, each.subject) for each in rows)


class TestReminder:
    def test_goes_to_who_comes_three_days_before_and_once(self):
        make_confirmed(places=2)
        subject = "In 3 days: first aid course, 9.15am, Leeds"

        notices.mail_due(now=NEAR - dt.timedelta(minutes=1))
        assert told("reminder") == []
        assert notices.mail_due(now=NEAR) == 1
        assert notices.mail_due(now=NEAR) == notices.mail_due(now=STARTS) == 0

        assert told("reminder") == [
            ("person1@example.com", subject),
            ("person2@example.com", subject),
        ]

    def test_goes_to_who_booked_where_somebody_has_no_address(self):
        booking = make_confirmed(places=2)
        change(booking, 2, email="")

        notices.mail_due(now=NEAR)

        assert [to for to, _ in told("reminder")] == ["ada@example.com", "person1@example.com"]

    def test_says_tomorrow_when_the_machine_stood_still(self):
        make_confirmed()

        notices.mail_due(now=STARTS - dt.timedelta(hours=20))

        assert told("reminder")[0][1].startswith("Tomorrow: ")

    def test_is_not_for_who_has_just_booked_or_cancelled(self):
        session = make_session()
        make_confirmed(session, now=NEAR + dt.timedelta(hours=1))
        gone = make_confirmed(session)
        bookings.cancel(
            booking_id=gone.pk, attendee_ids=None, cause="customer", actor="office", now=NOW
        )

        assert notices.mail_due(now=NEAR + dt.timedelta(hours=2)) == 0


class TestNamesToCome:
    def test_reminds_who_booked(self, settings):
        booking = make_confirmed(places=3)
        change(booking, 2, name="")
        change(booking, 3, name="")

        notices.mail_due(now=STARTS - dt.timedelta(days=settings.NAMES_REMINDER_DAYS))

        assert told("names_to_come") == [
            ("ada@example.com", "2 names to come for Tuesday 15 December")
        ]

    def test_is_silent_when_all_are_known(self, settings):
        make_confirmed()

        notices.mail_due(now=STARTS - dt.timedelta(days=settings.NAMES_REMINDER_DAYS))

        assert told("names_to_come") == []
        assert Notice.objects.filter(kind="names").count() == 1


class TestAfterwards:
    def link(self) -> str:
        text = Message.objects.get(kind="courses.afterwards").text
        return re.search(r"/rating/([^/]+)/\?score=5", text)[1]

    def test_asks_each_attendee_for_one_mark(self, client):
        make_confirmed(now=NOW)
        assert notices.mail_due(now=OVER - dt.timedelta(hours=1)) == 0

        assert notices.mail_due(now=OVER) == 1
        assert notices.mail_due(now=OVER) == 0

        address = f"/rating/{self.link()}/"
        page = client.get(f"{address}?score=4")
        assert 'value="4" checked' in page.content.decode()
        assert "data-sends-itself" in page.content.decode()
        assert Rating.objects.get().score is None, "a mail scanner gives no mark"
        for score in ("4", "5"):
            assert client.post(address, {"score": score}).status_code == 302
        assert "You gave us 5 of 5" in client.get(address).content.decode()
        assert Rating.objects.get().score == 5
        found = numbers(metrics.read(Rating.objects.get().rated_at))["course_ratings"]
        assert found == {"marks": 1, "mean": 5}

    @pytest.mark.parametrize("score", ["", "0", "6", "five", "1.0", "５"])
    def test_takes_no_other_mark(self, client, score):
        make_confirmed()
        notices.mail_due(now=OVER)

        answer = client.post(f"/rating/{self.link()}/", {"score": score})

        assert answer.status_code == 422
        assert Rating.objects.get().score is None

    def test_asks_nobody_who_was_not_there(self):
        booking = make_confirmed(places=2)
        absent = booking.attendees.get(position=1)
        Attendance.objects.create(
            attendee=absent, day=booking.session.days.get(), mark=DayMark.ABSENT,
            marked_at=OVER, marked_by="staff:1",
        )  # fmt: skip

        notices.mail_due(now=OVER)

        assert [to for to, _ in told("afterwards")] == ["person2@example.com"]

    def test_opens_to_no_guess(self, client, db):
        answer = client.get(f"/rating/{'x' * 32}/")

        assert answer.status_code == 404

    def test_stands_in_no_list_that_the_booking_shows(self, client):
        """Who booked can't mark for who came, nor see where the mark is given."""
        booking = make_confirmed()
        notices.mail_due(now=OVER)

        assert "How was" not in client.get(f"/bookings/{booking.token}/emails/").content.decode()
