"""The e-mails of a confirmed booking: to who booked, and to each attendee how to get there. Once each."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.urls import reverse

from core import formats
from core.crypto.index import blind_index
from core.mail import services as mail
from core.mail.attachments import Attachment
from courses import calendar, policy
from courses.models import Attendee, Booking

ARRIVE_MINUTES_EARLY = 15
ATTENDEE_EMAIL = "courses.attendee.email"


def confirmation(*, booking: Booking, now: dt.datetime) -> None:
    """To the customer, with the calendar file and the link that opens the booking."""
    assert booking.customer is not None  # the database refuses a confirmed booking without one
    link = settings.SITE_URL + reverse("payments:booking", args=[booking.token])
    session = booking.session
    _send(
        booking,
        kind="confirmation",
        to=booking.customer.email,
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
        dedupe_key=f"courses.confirmation:{booking.pk}",
        link=link,
        now=now,
    )


def joining(*, booking: Booking, attendee: Attendee, now: dt.datetime) -> None:
    """To one attendee who has an address: where and when, what to bring. No link: it is not theirs."""
    address = blind_index(attendee.email, ATTENDEE_EMAIL)[:16]
    _send(
        booking,
        kind="joining",
        to=attendee.email,
        subject=f"Your first aid course on {formats.day_date(booking.session.starts_at)}",
        context=_facts(booking) | {"attendee": attendee},
        # A place that is given to somebody else sends its instructions to them too.
        dedupe_key=f"courses.joining:{attendee.pk}:{address}",
        link="",
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
