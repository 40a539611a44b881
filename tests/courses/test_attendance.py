"""Who came: each tap kept once and written down, nobody's word lost to another's, the list on paper and as a file."""

import csv
import datetime as dt
import io

import pytest
from django.db import connection, transaction
from django.urls import reverse

from core.audit import selectors as audit
from core.errors import Invalid
from courses import selectors_rosters
from courses.models import Attendance, Attendee
from courses.services import attendance
from courses.services.attendance import DayToCome, MarkedMeanwhile
from courses.services.details import AttendeeDetails, CustomerDetails
from courses.services.replacing import AttendeeNotFound
from tests.courses.make import NOW, make_confirmed, make_hold, make_paying, make_session

pytestmark = pytest.mark.django_db
FIRST = dt.date(2026, 12, 15)
IN_THE_ROOM = dt.datetime(2026, 12, 15, 9, 21, tzinfo=dt.UTC)


@pytest.fixture
def session():
    """Two days, two people on each."""
    return make_session(on=FIRST, days=2)


@pytest.fixture
def people(session):
    booking = make_confirmed(session, places=2)
    return list(booking.attendees.order_by("position"))


@pytest.fixture(autouse=True)
def _in_the_room(settings, tmp_path):
    path = tmp_path / "offset"
    path.write_text(str((IN_THE_ROOM - dt.datetime.now(dt.UTC)).total_seconds()))
    settings.CLOCK_OFFSET_FILE = str(path)


def mark(person, day, word="present", seen="expected", now=IN_THE_ROOM):
    return attendance.mark(
        session_id=person.booking.session_id,
        attendee_id=person.pk,
        day_id=day.pk,
        mark=word,
        seen=seen,
        actor="staff:7",
        now=now,
    )


def give(person, result="passed", seen="open", now=IN_THE_ROOM + dt.timedelta(days=1)):
    return attendance.give_result(
        session_id=person.booking.session_id,
        attendee_id=person.pk,
        result=result,
        seen=seen,
        actor="staff:7",
        now=now,
    )


class TestMark:
    def test_keeps_the_last_word_and_writes_down_each(self, session, people):
        day = session.days.get(date=FIRST)

        mark(people[0], day)
        mark(people[0], day, "left_early", seen="present")

        assert Attendance.objects.get().mark == "left_early"
        entries = audit.history(f"courses.attendee:{people[0].pk}")
        assert [(each.actor, each.before["mark"], each.after["mark"]) for each in entries] == [
            ("staff:7", "expected", "present"),
            ("staff:7", "present", "left_early"),
        ]

    def test_the_same_tap_again_changes_and_writes_nothing(self, session, people):
        day = session.days.get(date=FIRST)
        first = mark(people[0], day)

        mark(people[0], day, seen="expected", now=IN_THE_ROOM + dt.timedelta(minutes=9))

        assert Attendance.objects.get().marked_at == first.marked_at
        assert len(audit.history(f"courses.attendee:{people[0].pk}")) == 1

    def test_a_tap_that_waited_does_not_undo_what_somebody_else_said(self, session, people):
        day = session.days.get(date=FIRST)
        mark(people[0], day, "absent")

        with pytest.raises(MarkedMeanwhile):
            mark(people[0], day, "present", seen="expected")

        assert Attendance.objects.get().mark == "absent"

    def test_refuses_a_day_to_come_a_strange_word_and_a_place_that_is_not_sure(
        self, session, people
    ):
        second = session.days.get(date=FIRST + dt.timedelta(days=1))
        with pytest.raises(DayToCome):
            mark(people[0], second)
        with pytest.raises(Invalid):
            mark(people[0], session.days.get(date=FIRST), "asleep")
        unpaid = make_paying(session).attendees.get()
        with pytest.raises(AttendeeNotFound):
            mark(unpaid, session.days.get(date=FIRST))

        assert not Attendance.objects.exists()

    def test_the_application_may_write_it(self, session, people):
        from django.conf import settings

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {connection.ops.quote_name(settings.DB_APP_ROLE)}")
            mark(people[0], session.days.get(date=FIRST))

        assert Attendance.objects.filter(attendee=people[0]).count() == 1


class TestGiveResult:
    def test_is_given_on_the_last_day(self, people):
        with pytest.raises(DayToCome):
            give(people[0], now=IN_THE_ROOM)

        assert give(people[0]).result == "passed"
        with pytest.raises(MarkedMeanwhile):
            give(people[0], "not_yet", seen="open")
        assert Attendee.objects.get(pk=people[0].pk).result == "passed"


class TestRoster:
    def test_asks_as_much_for_many_as_for_one(self, session, people, django_assert_num_queries):
        with django_assert_num_queries(4):
            few = selectors_rosters.roster(session_id=session.pk, now=NOW)
        for _ in range(4):
            make_confirmed(session, places=2)
        with django_assert_num_queries(4):
            many = selectors_rosters.roster(session_id=session.pk, now=NOW)

        assert (len(few.people), len(many.people)) == (2, 10)

    def test_leaves_out_holds_that_ended(self, session, people):
        make_hold(session)

        now = selectors_rosters.roster(session_id=session.pk, now=NOW)
        later = selectors_rosters.roster(session_id=session.pk, now=NOW + dt.timedelta(hours=1))

        assert (len(now.people), len(later.people)) == (3, 2)


class TestPages:
    def test_a_tap_answers_with_its_row_and_a_page_without_script_leads_back(
        self, admin_client, session, people
    ):
        address = reverse("admin:courses_coursesession_tap", args=[session.pk, people[0].pk])
        day = session.days.get(date=FIRST)
        tap = {"day": str(day.pk), "mark": "present", "seen": "expected"}

        row = admin_client.post(address, tap, headers={"HX-Request": "true"}).content.decode()
        plain = admin_client.post(address, tap | {"mark": "absent", "seen": "expected"})

        assert "Saved 9.21am" in row
        assert 'value="present" aria-pressed="true"' in row
        assert plain.url.endswith(f"/attendance/#p-{people[0].pk}")
        said = admin_client.get(plain.url).content.decode()
        assert "Somebody else marked this meanwhile" in said
        assert Attendance.objects.get().mark == "present"

    @pytest.mark.parametrize("day", ["", "no-uuid", "00000000-0000-0000-0000-000000000000"])
    def test_bears_any_day(self, admin_client, session, people, day):
        address = reverse("admin:courses_coursesession_tap", args=[session.pk, people[0].pk])

        answer = admin_client.post(address, {"day": day}, headers={"HX-Request": "true"})

        assert answer.status_code in (200, 404)
        assert not Attendance.objects.exists()

    def test_the_sheet_says_what_is_still_to_come(self, admin_client, session, people):
        page = admin_client.get(
            reverse("admin:courses_coursesession_attendance", args=[session.pk])
        ).content.decode()

        assert page.count("Still to come") == 2
        assert page.count("On the last day") == 2
        assert page.count('value="present"') == 2

    def test_needs_are_shown_on_request_and_the_look_is_written_down(self, admin_client, session):
        from courses.services import bookings

        booking = make_paying(session)
        person = booking.attendees.get()
        person.access_needs = "A chair with arms"
        person.save(update_fields=["access_needs"])
        bookings.confirm(booking_id=booking.pk, now=NOW)
        page = reverse("admin:courses_coursesession_change", args=[session.pk])
        needs = reverse("admin:courses_coursesession_needs", args=[session.pk, person.pk])

        before = admin_client.get(page).content.decode()
        shown = admin_client.post(needs).content.decode()

        assert needs in before and "chair" not in before
        assert "A chair with arms" in shown
        [entry] = audit.history(f"courses.attendee:{person.pk}")
        assert entry.action == "access_needs.read"

    def test_paper_has_names_and_no_money(self, admin_client, session, people):
        page = admin_client.get(
            reverse("admin:courses_coursesession_roster", args=[session.pk])
        ).content.decode()

        assert "Person 1" in page and "Signature Tue 15 Dec" in page
        assert "£" not in page and "@" not in page

    def test_the_file_is_no_formula_and_its_download_is_written_down(self, admin_client, session):
        from courses.services import bookings

        booking = make_hold(session)
        bookings.give_details(
            token=booking.token,
            customer=CustomerDetails(name="=1+1", email="a@example.com", company="@SUM(A1)"),
            attendees=[AttendeeDetails(name="+HYPERLINK(1)")],
            now=NOW,
        )
        bookings.begin_payment(booking_id=booking.pk, now=NOW)
        bookings.confirm(booking_id=booking.pk, now=NOW)

        answer = admin_client.get(
            reverse("admin:courses_coursesession_roster_csv", args=[session.pk])
        )

        [headings, row] = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert headings[:2] == ["Name", "Company"]
        assert row[:3] == ["'+HYPERLINK(1)", "'@SUM(A1)", "'=1+1"]
        [entry] = audit.history(f"courses.coursesession:{session.pk}")
        assert entry.action == "roster.downloaded"
