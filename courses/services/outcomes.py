"""What payment does to a booking. Each may be called again after a crash: a repeat finds it done.

A booking that already holds its places changes state under its own lock, or only if it is as it was
read; one that has to find places again takes its session's lock first.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.conf import settings

from core.outbox.events import publish
from courses import selectors
from courses.events import (
    BookingConfirmed,
    BookingExpired,
    BookingPutUnderReview,
    BookingReleased,
)
from courses.models import Booking, BookingStatus, CourseSession
from courses.models.states import MovedMeanwhile
from courses.services import capacity, details
from courses.services.refusals import (
    AlreadyPaid,
    Busy,
    DetailsMissing,
    HoldExpired,
    PaymentInProgress,
    PlacesSoldOut,
    WrongState,
)

READINGS_MAX = 3


def begin_payment(
    *, booking_id: UUID | str, seen: Booking | None = None, now: dt.datetime
) -> Booking:
    """held -> paying: from here on only payments ends it.

    Judged on what was read, and moved only if that is still so, else judged anew. Whoever has just read
    the booking with its attendees hands it in as `seen`.
    Raises HoldExpired, DetailsMissing (per field), PaymentInProgress, AlreadyPaid, Busy.
    """
    with capacity.bounded():
        for _ in range(READINGS_MAX):
            booking = seen or selectors.booking(booking_id)
            _refuse_payment(booking, now)
            try:
                booking.begin_payment(now=now, actor="customer")
            except MovedMeanwhile:
                seen = None
                continue
            return booking
        raise Busy


def payment_failed(*, booking_id: UUID | str, cause: str, now: dt.datetime) -> Booking:
    """paying | under_review -> held, for at least as long as one extension gives, to try again."""
    with capacity.bounded():
        booking = capacity.lock_booking(Booking.objects.filter(pk=booking_id))
        if booking.status == BookingStatus.HELD:
            return booking
        at_least = now + dt.timedelta(seconds=settings.HOLD_EXTENSION_SECONDS)
        hold_end = max(booking.hold_expires_at or at_least, at_least)
        booking.fail_payment(hold_end, now=now, cause=cause)
        return booking


def payment_abandoned(*, booking_id: UUID | str, cause: str, now: dt.datetime) -> Booking:
    """paying -> held while the hold still lives, else expired."""
    with capacity.bounded():
        booking = capacity.lock_booking(Booking.objects.filter(pk=booking_id))
        if booking.status in (BookingStatus.HELD, BookingStatus.EXPIRED):
            return booking
        if booking.hold_expires_at and booking.hold_expires_at > now:
            booking.fail_payment(booking.hold_expires_at, now=now, cause=cause)
            return booking
        booking.expire_payment(now=now, cause=cause)
        publish(BookingExpired(booking_id=str(booking.pk), at=now.isoformat()), now=now)
        return booking


def put_under_review(*, booking_id: UUID | str, now: dt.datetime) -> Booking:
    """paying | expired -> under_review, its places kept or found again; raises PlacesSoldOut."""
    with capacity.bounded():
        session = capacity.lock_session_of(Booking.objects.filter(pk=booking_id))
        booking = capacity.lock_booking(Booking.objects.filter(pk=booking_id))
        if booking.status == BookingStatus.UNDER_REVIEW:
            return booking
        _find_places_again(session, booking, now)
        booking.review(now=now)
        publish(BookingPutUnderReview(booking_id=str(booking.pk), at=now.isoformat()), now=now)
        return booking


def confirm(*, booking_id: UUID | str, now: dt.datetime) -> Booking:
    """Paid, or nothing to pay -> confirmed. Late money finds places again or raises PlacesSoldOut."""
    with capacity.bounded():
        # A booking that is being paid has its places, so its session's lock is not needed.
        booking = Booking.confirm_paid(booking_id=booking_id, now=now)
        if booking is None:
            # Another hand may have confirmed it a moment ago; its lock may then be ours, so that no other is asked for.
            confirmed = Booking.objects.filter(pk=booking_id, status=BookingStatus.CONFIRMED)
            if found := confirmed.select_related(
                "session__course", "session__venue", "customer"
            ).first():
                return found
            session = capacity.lock_session_of(Booking.objects.filter(pk=booking_id))
            booking = capacity.lock_booking(Booking.objects.filter(pk=booking_id))
            if booking.status == BookingStatus.CONFIRMED:
                return booking
            if booking.status == BookingStatus.HELD:
                _refuse_unpaid(booking, now)
            _find_places_again(session, booking, now)
            booking.confirm(now=now)
        publish(BookingConfirmed(booking_id=str(booking.pk), at=now.isoformat()), now=now)
        return booking


def release(*, booking_id: UUID | str, cause: str, now: dt.datetime) -> Booking:
    """paying | under_review -> cancelled: blocked or declined, its places go back on sale."""
    with capacity.bounded():
        booking = capacity.lock_booking(Booking.objects.filter(pk=booking_id))
        if booking.status == BookingStatus.CANCELLED:
            return booking
        booking.release(now=now, cause=cause)
        publish(
            BookingReleased(booking_id=str(booking.pk), cause=cause, at=now.isoformat()), now=now
        )
        return booking


def _refuse_payment(booking: Booking, now: dt.datetime) -> None:
    if booking.status == BookingStatus.CONFIRMED:
        raise AlreadyPaid
    if booking.status in (BookingStatus.PAYING, BookingStatus.UNDER_REVIEW):
        raise PaymentInProgress
    if not booking.is_live_hold(now):
        raise HoldExpired
    _refuse_incomplete(booking)


def _refuse_unpaid(booking: Booking, now: dt.datetime) -> None:
    if booking.total_minor > 0:
        raise WrongState("This booking is not paid yet.")
    if not booking.is_live_hold(now):
        raise HoldExpired
    _refuse_incomplete(booking)


def _refuse_incomplete(booking: Booking) -> None:
    problems = details.missing(booking)
    if problems:
        raise DetailsMissing(fields=problems)


def _find_places_again(session: CourseSession, booking: Booking, now: dt.datetime) -> None:
    """Of a session that is over or called off nothing is left, so late money for it goes back too."""
    if booking.status != BookingStatus.EXPIRED:
        return
    if not session.is_open(now):
        raise PlacesSoldOut(places_left=0)
    capacity.take(session, booking.places, now)
