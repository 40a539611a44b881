"""Mails that a date calls for: names to come, the reminder, and afterwards how it was.

Nothing is counted down: each run asks the rows whose date is near and who has had no notice of it, so a date that
is moved or a machine that stood still changes only when they are told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef

from core.crypto.index import keyed_digest
from core.ids import secret_token
from courses import emails, selectors
from courses.models import (
    Attendance,
    Attendee,
    Booking,
    BookingStatus,
    DayMark,
    Notice,
    NoticeKind,
    Rating,
)
from courses.models.querysets import BookingQuerySet
from courses.models.states import SessionState
from courses.services.rating import LINK

AT_ONCE_MAX = 200
# Who has just booked has everything in front of them.
JUST_BOOKED = dt.timedelta(days=1)
AFTERWARDS = dt.timedelta(hours=16)
AFTERWARDS_END = dt.timedelta(days=7)


def mail_due(*, now: dt.datetime) -> int:
    """How many bookings were told of something."""
    return sum(
        _told(booking_id, kind, mail, now)
        for kind, due, mail in KINDS
        for booking_id in list(due(now).values_list("pk", flat=True)[:AT_ONCE_MAX])
    )


def _told(
    booking_id: UUID,
    kind: NoticeKind,
    mail: Callable[[Booking, dt.datetime], None],
    now: dt.datetime,
) -> bool:
    """The notice and its mails together, or neither; of two that do it at once one finds it done."""
    with transaction.atomic():
        booking = selectors.booking(booking_id)
        _notice, is_new = Notice.objects.get_or_create(
            booking_id=booking_id, session_id=booking.session_id, kind=kind, defaults={"at": now}
        )
        if is_new:
            mail(booking, now)
    return is_new


def _names_to_come(now: dt.datetime) -> BookingQuerySet:
    return _coming(NoticeKind.NAMES, settings.NAMES_REMINDER_DAYS, now).filter(
        confirmed_at__lte=now - JUST_BOOKED
    )


def _near(now: dt.datetime) -> BookingQuerySet:
    """Whoever booked later than that has just been sent the joining instructions."""
    days = dt.timedelta(days=settings.REMINDER_DAYS)
    return _coming(NoticeKind.REMINDER, settings.REMINDER_DAYS, now).filter(
        confirmed_at__lte=F("session__starts_at") - days
    )


def _over(now: dt.datetime) -> BookingQuerySet:
    return _untold(NoticeKind.AFTERWARDS).filter(
        session__state__in=(SessionState.SCHEDULED, SessionState.COMPLETED),
        session__ends_at__lte=now - AFTERWARDS,
        session__ends_at__gt=now - AFTERWARDS_END,
    )


def _coming(kind: NoticeKind, days: int, now: dt.datetime) -> BookingQuerySet:
    return _untold(kind).filter(
        session__state=SessionState.SCHEDULED,
        session__starts_at__gt=now,
        session__starts_at__lte=now + dt.timedelta(days=days),
    )


def _untold(kind: NoticeKind) -> BookingQuerySet:
    told = Notice.objects.filter(booking=OuterRef("pk"), session=OuterRef("session_id"), kind=kind)
    return Booking.objects.filter(~Exists(told), status=BookingStatus.CONFIRMED).order_by("pk")


def _mail_names(booking: Booking, now: dt.datetime) -> None:
    missing = sum(1 for each in _active(booking) if not each.name)
    if missing:
        emails.names_to_come(booking=booking, missing=missing, now=now)


def _mail_reminder(booking: Booking, now: dt.datetime) -> None:
    """To each attendee; to who booked, too, where somebody has no address."""
    assert booking.customer is not None  # the database refuses a confirmed booking without one
    people = _active(booking)
    addresses = [each.email for each in people if each.email]
    if len(addresses) < len(people):
        addresses.append(booking.customer.email)
    for address in {each.casefold(): each for each in addresses}.values():
        emails.reminder(booking=booking, to=address, now=now)


def _mail_afterwards(booking: Booking, now: dt.datetime) -> None:
    absent = _absent(booking)
    for attendee in _active(booking):
        if attendee.email and attendee.pk not in absent:
            emails.afterwards(
                booking=booking, attendee=attendee, link=_rating_link(attendee, booking), now=now
            )


def _absent(booking: Booking) -> set[UUID]:
    """Who was marked as not there, on every day that was marked."""
    marks = Attendance.objects.filter(attendee__booking=booking).exclude(mark=DayMark.EXPECTED)
    by_person: dict[UUID, set[str]] = {}
    for attendee_id, mark in marks.values_list("attendee_id", "mark"):
        by_person.setdefault(attendee_id, set()).add(mark)
    return {person for person, given in by_person.items() if given == {DayMark.ABSENT}}


def _rating_link(attendee: Attendee, booking: Booking) -> str:
    link = secret_token()
    Rating.objects.create(
        attendee=attendee,
        session_id=booking.session_id,
        link_digest=keyed_digest(link, purpose=LINK),
    )
    return link


def _active(booking: Booking) -> list[Attendee]:
    return [each for each in booking.attendees.all() if each.is_active]


KINDS = (
    (NoticeKind.NAMES, _names_to_come, _mail_names),
    (NoticeKind.REMINDER, _near, _mail_reminder),
    (NoticeKind.AFTERWARDS, _over, _mail_afterwards),
)
