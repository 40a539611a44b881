"""Sending someone else: another person in a place that is booked, free until the course begins."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from core.audit import services as audit
from core.errors import Conflict, NotFound
from courses import emails
from courses.models import Attendee, Booking, BookingStatus
from courses.services import capacity
from courses.services.details import AttendeeDetails, refuse_unreadable, tidy
from courses.services.refusals import required

OPEN_FOR_NAMES = (BookingStatus.CONFIRMED, BookingStatus.UNDER_REVIEW)


class AttendeeNotFound(NotFound):
    code = "attendee_not_found"
    detail = "We can’t find that person in this booking."


class NamesClosed(Conflict):
    code = "names_closed"
    detail = "Names can’t be changed any more. Call us and we’ll help."


def send(
    *, token: str, attendee_id: UUID | str, name: str, email: str, actor: str, now: dt.datetime
) -> Attendee:
    """Gives the place to this person; joining instructions go to them, and a short note to whoever had it.

    Raises Invalid per field, BookingNotFound, AttendeeNotFound, NamesClosed; then nothing has changed.
    """
    refuse_unreadable(None, [AttendeeDetails(name=name, email=email)])
    if not name.strip():
        raise required("attendees.0.name", "Enter the full name")
    with capacity.bounded():
        booking = capacity.lock_booking(Booking.objects.with_token(token))
        attendee = booking.attendees.filter(pk=attendee_id).first()
        if attendee is None or not attendee.is_active:
            raise AttendeeNotFound
        if booking.status not in OPEN_FOR_NAMES or booking.session.starts_at <= now:
            raise NamesClosed
        given = AttendeeDetails(name=tidy("name", name), email=tidy("email", email))
        _replace(booking, attendee, given, actor=actor, now=now)
        return attendee


def _replace(
    booking: Booking, attendee: Attendee, given: AttendeeDetails, *, actor: str, now: dt.datetime
) -> None:
    name, email = given.name, given.email
    before_name, before_email = attendee.name, attendee.email
    if (name, email) == (before_name, before_email):
        return
    is_another = bool(before_name) and name.casefold() != before_name.casefold()
    attendee.name, attendee.email = name, email
    if is_another:
        # What one person needs is nobody else's to know.
        attendee.access_needs = ""
    attendee.save(update_fields=["name", "email", "access_needs"])
    audit.record(
        subject=f"courses.booking:{booking.pk}",
        action="attendee.replaced" if is_another else "attendee.changed",
        actor=actor,
        after={"attendee": str(attendee.pk)},
        now=now,
    )
    if booking.status != BookingStatus.CONFIRMED:
        return
    if email and (is_another or email.casefold() != before_email.casefold()):
        emails.joining(booking=booking, attendee=attendee, occasion=now.isoformat(), now=now)
    if is_another and before_email and before_email.casefold() != email.casefold():
        emails.replaced(booking=booking, to=before_email, attendee_id=attendee.pk, now=now)
