"""Who came and who passed: one tap is one call, and the last word counts only for who saw what it changes."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import QuerySet

from core import formats
from core.audit import services as audit
from core.errors import Conflict, Invalid
from courses.models import (
    Attendance,
    Attendee,
    BookingStatus,
    DayMark,
    PlaceState,
    Result,
    SessionDay,
)
from courses.services import capacity
from courses.services.refusals import SessionNotFound
from courses.services.replacing import AttendeeNotFound


class DayToCome(Conflict):
    code = "day_to_come"
    detail = "This day is still to come."


class MarkedMeanwhile(Conflict):
    """Somebody else has marked it since the page was read: say so, and let people decide."""

    code = "marked_meanwhile"
    detail = "Somebody else marked this meanwhile. Tap again if it is wrong."


def mark(
    *,
    session_id: UUID,
    attendee_id: UUID,
    day_id: UUID,
    mark: str,
    seen: str,
    actor: str,
    now: dt.datetime,
) -> Attendance:
    """Says whether this person was there on this day; the same again changes nothing.

    Raises Invalid, SessionNotFound, AttendeeNotFound, DayToCome, and MarkedMeanwhile where neither what was
    `seen` nor what is wanted stands there.
    """
    if mark not in DayMark.values:
        raise Invalid(fields={"mark": ["Choose Present, Left early or Absent."]})
    with capacity.bounded():
        attendee = _locked(session_id, attendee_id)
        day = SessionDay.objects.filter(pk=day_id, session_id=session_id).first()
        if day is None:
            raise SessionNotFound
        if day.date > formats.local_date(now):
            raise DayToCome
        row = Attendance.objects.filter(attendee=attendee, day=day).first()
        row = row or Attendance(attendee=attendee, day=day, mark=DayMark.EXPECTED)
        if row.mark == mark:
            return row
        if row.mark != seen:
            raise MarkedMeanwhile
        before, row.mark = row.mark, mark
        row.marked_at, row.marked_by = now, actor
        row.save()
        _record(attendee, "attendance", {"day": day.date, "mark": (before, mark)}, actor, now)
        return row


def give_result(
    *,
    session_id: UUID,
    attendee_id: UUID,
    result: str,
    seen: str,
    actor: str,
    now: dt.datetime,
) -> Attendee:
    """Passed, not yet, or open again; from the course's last day on. Raises as `mark` does."""
    if result not in Result.values:
        raise Invalid(fields={"result": ["Choose Passed or Not yet."]})
    with capacity.bounded():
        attendee = _locked(session_id, attendee_id)
        last = SessionDay.objects.filter(session_id=session_id).order_by("-date").first()
        if last is None or last.date > formats.local_date(now):
            raise DayToCome("The result is given on the last day.")
        if attendee.result == result:
            return attendee
        if attendee.result != seen:
            raise MarkedMeanwhile
        before, attendee.result = attendee.result, result
        attendee.save(update_fields=["result"])
        _record(attendee, "result", {"result": (before, result)}, actor, now)
        return attendee


def look_at_needs(*, session_id: UUID, attendee_id: UUID, actor: str, now: dt.datetime) -> Attendee:
    """The person, for whoever is to read what they need; that it was read is written down first."""
    with capacity.bounded():
        attendee = _found(Attendee.objects.all(), session_id, attendee_id)
        _record(attendee, "access_needs.read", {}, actor, now)
        return attendee


def note_download(*, session_id: UUID, actor: str, now: dt.datetime) -> None:
    """The names of everybody on a date left the house."""
    audit.record(
        subject=f"courses.coursesession:{session_id}",
        action="roster.downloaded",
        actor=actor,
        now=now,
    )


def _locked(session_id: UUID, attendee_id: UUID) -> Attendee:
    rows = Attendee.objects.select_for_update(of=("self",), no_key=True)
    return _found(rows, session_id, attendee_id)


def _found(rows: QuerySet[Attendee], session_id: UUID, attendee_id: UUID) -> Attendee:
    """Somebody with a confirmed place on this date; raises AttendeeNotFound."""
    found = rows.filter(
        pk=attendee_id,
        booking__session=session_id,
        booking__status=BookingStatus.CONFIRMED,
        state=PlaceState.ACTIVE,
    ).first()
    if found is None:
        raise AttendeeNotFound
    return found


def _record(attendee: Attendee, action: str, facts: dict, actor: str, now: dt.datetime) -> None:
    """Pairs in `facts` are what was and what is."""
    audit.record(
        subject=f"courses.attendee:{attendee.pk}",
        action=action,
        actor=actor,
        before={name: each[0] for name, each in facts.items() if isinstance(each, tuple)},
        after={name: each[1] if isinstance(each, tuple) else each for name, each in facts.items()},
        now=now,
    )
