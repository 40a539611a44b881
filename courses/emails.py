"""The e-mails of a confirmed booking: to who booked, and to each attendee how to get there. Once each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from core import formats
from core.crypto.index import blind_index
from core.mail import services as mail
from core.mail.attachments import Attachment
from courses import calendar, policy
from courses.models import (
    Attendee,
    Booking,
    CourseSession,
    DatesWish,
    Move,
    WaitingListEntry,
    WorkplaceEnquiry,
)
from courses.models.after import SCORE_MAX

ARRIVE_MINUTES_EARLY = 15
ATTENDEE_EMAIL = "courses.attendee.email"


def confirmation(*, booking: Booking, to: str = "", occasion: str = "", now: dt.datetime) -> None:
    """To the customer, or where they want it too, with the calendar file and the link that opens the booking."""
    assert booking.customer is not None  # the database refuses a confirmed booking without one
    link = settings.SITE_URL + reverse("payments:booking", args=[booking.token])
    session = booking.session
    _send(
        booking,
        kind="confirmation",
        to=to or booking.customer.email,
        subject=(
            f"Booked: {session.course.title}, {formats.short_date(session.starts_at)}, "
            f"{session.venue.town}"
        ),
        context=_facts(booking)
        | {
            "people": [each for each in booking.attendees.all() if each.is_active],
            "cancellation_note": policy.cancellation_note(booking.policy, session.starts_at, now),
            "button_url": link,
            "button_text": "Open your booking",
        },
        dedupe_key=f"courses.confirmation:{booking.pk}" + (f":{occasion}" if occasion else ""),
        link=link,
        now=now,
    )


def moved(*, booking: Booking, move: Move, now: dt.datetime) -> None:
    """To the customer: the new date instead of the old one, in words and for the calendar."""
    assert booking.customer is not None  # the database refuses a confirmed booking without one
    link = settings.SITE_URL + reverse("payments:booking", args=[booking.token])
    session = booking.session
    _send(
        booking,
        kind="moved",
        to=booking.customer.email,
        subject=f"Moved to {formats.day_date(session.starts_at)}: {session.course.title}",
        context=_facts(booking)
        | {
            "old_date": formats.long_date(move.from_session.starts_at),
            "back": formats.money(-move.difference) if move.difference_minor < 0 else "",
            "paid": formats.money(move.difference) if move.difference_minor > 0 else "",
            "cancellation_note": policy.cancellation_note(booking.policy, session.starts_at, now),
            "button_url": link,
            "button_text": "Open your booking",
        },
        dedupe_key=f"courses.moved:{move.pk}",
        link=link,
        now=now,
    )


def joining(*, booking: Booking, attendee: Attendee, occasion: str = "", now: dt.datetime) -> None:
    """To one attendee who has an address: where and when, what to bring. No link: it is not theirs."""
    address = blind_index(attendee.email, ATTENDEE_EMAIL)[:16]
    _send(
        booking,
        kind="joining",
        to=attendee.email,
        subject=f"Your first aid course on {formats.day_date(booking.session.starts_at)}",
        context=_facts(booking) | {"attendee": attendee},
        # A place that is given to somebody else sends its instructions to them too, and to who gets it back.
        dedupe_key=f"courses.joining:{attendee.pk}:{address}"
        + (f":{occasion}" if occasion else ""),
        link="",
        now=now,
    )


def reminder(*, booking: Booking, to: str, now: dt.datetime) -> None:
    """A few days before, to who comes: the time, the place, what to bring."""
    session = booking.session
    when = formats.days_from(now, session.starts_at)
    start = formats.clock_time(session.starts_at)
    address = blind_index(to, ATTENDEE_EMAIL)[:16]
    _send(
        booking,
        kind="reminder",
        to=to,
        subject=f"{when}: first aid course, {start}, {session.venue.town}",
        context=_facts(booking) | {"when": when},
        dedupe_key=f"courses.reminder:{booking.pk}:{session.pk}:{address}",
        link="",
        now=now,
    )


def names_to_come(*, booking: Booking, missing: int, now: dt.datetime) -> None:
    """To the customer, who may give names until the course begins."""
    assert booking.customer is not None  # the database refuses a confirmed booking without one
    people = formats.counted(missing, "name")
    mail.send(
        kind="courses.names_to_come",
        to=booking.customer.email,
        subject=f"{people} to come for {formats.day_date(booking.session.starts_at)}",
        text_template="emails/courses/names_to_come.txt",
        html_template="emails/courses/names_to_come.html",
        context=_facts(booking)
        | {
            "people": people,
            "button_url": settings.SITE_URL + reverse("payments:booking", args=[booking.token]),
            "button_text": "Add names",
        },
        dedupe_key=f"courses.names_to_come:{booking.pk}:{booking.session_id}",
        about=f"courses.booking:{booking.pk}",
        now=now,
    )


def afterwards(*, booking: Booking, attendee: Attendee, link: str, now: dt.datetime) -> None:
    """To one attendee: how was it? A number is a link."""
    address = settings.SITE_URL + reverse("courses:rate", args=[link])
    mail.send(
        kind="courses.afterwards",
        to=attendee.email,
        subject=f"How was your first aid course on {formats.day_date(booking.session.starts_at)}?",
        text_template="emails/courses/afterwards.txt",
        html_template="emails/courses/afterwards.html",
        context=_facts(booking)
        | {
            "attendee": attendee,
            "address": address,
            "scores": [
                {"number": number, "address": f"{address}?score={number}"}
                for number in range(1, SCORE_MAX + 1)
            ],
        },
        dedupe_key=f"courses.afterwards:{attendee.pk}:{booking.session_id}",
        about=f"courses.attendee:{attendee.pk}",
        now=now,
    )


WAITING = {
    "joined": ("You’re on the waiting list: {course}, {date}", "Look at my place in the line"),
    "offered": ("Places are held for you: {course}, {date}", "Take these places"),
    "lapsed": ("Your places went to the next person: {course}, {date}", "Find another date"),
}


def waiting_list(*, entry: WaitingListEntry, what: str, now: dt.datetime) -> None:
    """To who waits: that they do, that places are held for them and until when, or that the time is over."""
    session, (subject, button) = entry.session, WAITING[what]
    names = {"course": session.course.title, "date": formats.short_date(session.starts_at)}
    ends_at = entry.booking.hold_expires_at if entry.booking else None
    page = (
        reverse("courses:course", args=[session.course.slug])
        if what == "lapsed"
        else reverse("courses:waiting", args=[entry.token])
    )
    mail.send(
        kind="courses.waiting_list",
        to=entry.email,
        subject=subject.format(**names),
        text_template="emails/courses/waiting_list.txt",
        html_template="emails/courses/waiting_list.html",
        context={
            "what": what,
            "course": session.course,
            "date": formats.long_date(session.starts_at),
            "venue": session.venue,
            "places": formats.counted(entry.places, "place"),
            "until": formats.by_then(ends_at, now) if ends_at else "",
            "hours": settings.WAITING_LIST_OFFER_HOURS,
            "button_url": settings.SITE_URL + page,
            "button_text": button,
        },
        dedupe_key=f"courses.waiting_list:{entry.pk}:{what}",
        about=f"courses.waitinglistentry:{entry.pk}",
        now=now,
    )


def new_dates_asked(*, wish: DatesWish, now: dt.datetime) -> None:
    """To an address that somebody typed: does its owner want to hear of new dates?"""
    mail.send(
        kind="courses.new_dates_asked",
        to=wish.email,
        subject="Shall we tell you about new dates?",
        text_template="emails/courses/new_dates_asked.txt",
        html_template="emails/courses/new_dates_asked.html",
        context={
            "course": wish.course.title if wish.course else "all courses",
            "button_url": settings.SITE_URL + reverse("courses:wish", args=[wish.token]),
            "button_text": "Yes, tell me",
        },
        dedupe_key=f"courses.new_dates_asked:{wish.pk}:{now.isoformat()}",
        about=f"courses.dateswish:{wish.pk}",
        now=now,
    )


def new_dates(*, wish: DatesWish, sessions: Sequence[CourseSession], now: dt.datetime) -> None:
    """To who said yes: dates that were in no mail to them yet, each a link to its places."""
    first = sessions[0]
    more = f" and {len(sessions) - 1} more" if len(sessions) > 1 else ""
    mail.send(
        kind="courses.new_dates",
        to=wish.email,
        subject=f"New: {first.course.title}, {_spoken(first)}{more}",
        text_template="emails/courses/new_dates.txt",
        html_template="emails/courses/new_dates.html",
        context={
            "dates": [
                {
                    "words": f"{each.course.title}, {_spoken(each)}",
                    "address": settings.SITE_URL + reverse("courses:choose", args=[each.pk]),
                }
                for each in sessions
            ],
            "stop_url": settings.SITE_URL + reverse("courses:wish", args=[wish.token]),
            "button_url": settings.SITE_URL + reverse("courses:catalogue"),
            "button_text": "All dates",
        },
        dedupe_key=f"courses.new_dates:{wish.pk}:{now.isoformat()}",
        about=f"courses.dateswish:{wish.pk}",
        now=now,
    )


def _spoken(session: CourseSession) -> str:
    return f"{formats.short_date(session.starts_at)}, {session.venue.town}"


def sign_in(*, to: str, link: str, code: str, sign_in_id: UUID, now: dt.datetime) -> None:
    """The way to somebody's bookings, by a button or a code."""
    mail.send(
        kind="courses.sign_in",
        to=to,
        subject="Open your bookings",
        text_template="emails/courses/sign_in.txt",
        html_template="emails/courses/sign_in.html",
        context={
            "code": code,
            "button_url": settings.SITE_URL + reverse("courses:open_my_bookings", args=[link]),
            "button_text": "Open my bookings",
        },
        dedupe_key=f"courses.sign_in:{sign_in_id}",
        about=f"courses.signin:{sign_in_id}",
        now=now,
    )


def replaced(*, booking: Booking, to: str, attendee_id: UUID, now: dt.datetime) -> None:
    """To who had a place that somebody else takes: only that, and whom to ask."""
    mail.send(
        kind="courses.replaced",
        to=to,
        subject=f"Your place on {formats.day_date(booking.session.starts_at)} went to somebody else",
        text_template="emails/courses/replaced.txt",
        html_template="emails/courses/replaced.html",
        context=_facts(booking),
        dedupe_key=f"courses.replaced:{attendee_id}:{now.isoformat()}",
        about=f"courses.booking:{booking.pk}",
        now=now,
    )


def workplace_enquiry(*, enquiry: WorkplaceEnquiry, now: dt.datetime) -> None:
    """To the office: who asks for what, and where it is kept."""
    mail.send(
        kind="courses.workplace_enquiry",
        to=settings.OFFICE_EMAIL,
        subject=f"Training at a workplace: {formats.counted(enquiry.people, 'person', 'people')}, {enquiry.place}",
        text_template="emails/courses/workplace_enquiry.txt",
        html_template="emails/courses/workplace_enquiry.html",
        context={
            "enquiry": enquiry,
            "button_url": settings.SITE_URL
            + reverse("admin:courses_workplaceenquiry_change", args=[enquiry.pk]),
            "button_text": "Open it in the back office",
        },
        dedupe_key=f"courses.workplace_enquiry:{enquiry.pk}",
        about=f"courses.workplaceenquiry:{enquiry.pk}",
        now=now,
    )


def _send(
    booking: Booking,
    *,
    kind: str,
    to: str,
    subject: str,
    context: dict[str, Any],
    dedupe_key: str,
    link: str,
    now: dt.datetime,
) -> None:
    mail.send(
        kind=f"courses.{kind}",
        to=to,
        subject=subject,
        text_template=f"emails/courses/{kind}.txt",
        html_template=f"emails/courses/{kind}.html",
        context=context,
        dedupe_key=dedupe_key,
        about=f"courses.booking:{booking.pk}",
        attachments=[
            Attachment(
                name=calendar.FILE_NAME,
                mime=calendar.ATTACHED_MIME,
                content=calendar.calendar_file(booking, link=link),
            )
        ],
        now=now,
    )


def _facts(booking: Booking) -> dict[str, Any]:
    session = booking.session
    arrive = session.starts_at - dt.timedelta(minutes=ARRIVE_MINUTES_EARLY)
    return {
        "booking": booking,
        "course": session.course,
        "venue": session.venue,
        "days": [
            {"date": formats.long_date(day.date), "times": formats.time_range(day.start, day.end)}
            for day in sorted(session.days.all(), key=lambda day: day.date)
        ],
        "arrive": formats.clock_time(arrive),
    }
