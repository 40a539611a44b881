"""Holds: places kept for some minutes while their customer books, longer on request, again once ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Count, Sum

from core import switches
from core.database.transactions import rerun_on_conflict
from core.errors import Invalid
from core.outbox.events import publish
from courses import pricing
from courses.events import BookingHeld
from courses.models import Attendee, Booking, BookingStatus, CourseSession
from courses.models.booking import browser_digest
from courses.services import capacity, details
from courses.services.details import AttendeeDetails, CustomerDetails
from courses.services.refusals import (
    ExtensionsUsedUp,
    HoldExpired,
    RenewalsUsedUp,
    SellingStopped,
    SessionNotOpen,
    TooManyHolds,
)

REFERENCE_UNIQUE = "courses_booking_reference"
REFERENCE_TRIES = 5


def hold(
    *,
    session_id: UUID | str,
    places: int,
    browser: str,
    customer: CustomerDetails | None = None,
    attendees: Sequence[AttendeeDetails] | None = None,
    now: dt.datetime,
) -> Booking:
    """Places on a session, all or none, held for HOLD_SECONDS at today's price and policy.

    Details that are known already can be given with it: then both are kept, or neither.
    Raises SellingStopped, SessionNotFound, SessionNotOpen, Invalid, TooManyHolds, PlacesSoldOut, Busy.
    """
    refuse_while_stopped(now)
    details.refuse_unreadable(customer, attendees)
    people = (customer, attendees)
    for _ in range(REFERENCE_TRIES):
        try:
            return _hold(session_id, places, browser, people, now)
        except IntegrityError as error:
            # Two bookings drew the same reference: rare, and the next draw differs.
            if not capacity.violated_constraint(error).startswith(REFERENCE_UNIQUE):
                raise
            taken = error
    raise taken


@rerun_on_conflict
def extend(*, token: str, now: dt.datetime) -> Booking:
    """Five more minutes for a live hold; raises HoldExpired, ExtensionsUsedUp."""
    with capacity.bounded():
        booking = capacity.lock_booking(Booking.objects.with_token(token))
        ends_at = booking.hold_expires_at
        if ends_at is None or not booking.is_live_hold(now):
            raise HoldExpired
        if not extensions_left(booking):
            raise ExtensionsUsedUp
        longer = dt.timedelta(seconds=settings.HOLD_EXTENSION_SECONDS)
        booking.extend(ends_at + longer, now=now, actor="customer")
        return booking


@rerun_on_conflict
def renew(*, token: str, now: dt.datetime) -> Booking:
    """An ended hold again, its details and price kept, if its places are still free.

    A live one is returned as it is. Raises RenewalsUsedUp, SessionNotOpen, PlacesSoldOut, TooManyHolds.
    """
    refuse_while_stopped(now)
    with capacity.bounded():
        capacity.lock_browser_of(Booking.objects.with_token(token))
        session = capacity.lock_session_of(Booking.objects.with_token(token))
        booking = capacity.lock_booking(Booking.objects.with_token(token))
        if booking.is_live_hold(now):
            return booking
        if not renewals_left(booking):
            raise RenewalsUsedUp
        if not session.is_open(now):
            raise SessionNotOpen
        _refuse_too_many(booking.browser, booking.places, now)
        if booking.status == BookingStatus.HELD:
            booking.expire(now=now, cause="hold ended")
        capacity.take(session, booking.places, now)
        booking.renew(_hold_end(now), now=now, actor="customer")
        publish(BookingHeld(booking_id=str(booking.pk), at=now.isoformat()), now=now)
        return booking


@rerun_on_conflict
def expire_due(*, now: dt.datetime, limit: int = 200) -> int:
    """Expires holds that have ended, oldest first, skipping those that somebody works on."""
    with capacity.bounded():
        due = Booking.objects.dead_holds(now).order_by("hold_expires_at")[:limit]
        return capacity.expire(due, now=now, skip_locked=True)


def extensions_left(booking: Booking) -> int:
    return max(0, settings.HOLD_EXTENSIONS_MAX - booking.extensions)


def renewals_left(booking: Booking) -> int:
    return max(0, settings.HOLD_RENEWALS_MAX - booking.renewals)


@rerun_on_conflict
def _hold(
    session_id: UUID | str,
    places: int,
    browser: str,
    people: tuple[CustomerDetails | None, Sequence[AttendeeDetails] | None],
    now: dt.datetime,
) -> Booking:
    with capacity.bounded():
        capacity.lock_browser(browser_digest(browser))
        session = capacity.lock_session(session_id)
        _refuse_impossible(session, places, now)
        _refuse_too_many(browser_digest(browser), places, now)
        capacity.take(session, places, now)
        booking = place(session, places, browser, ends_at=_hold_end(now), now=now)
        if any(each is not None for each in people):
            details.write(booking, *people, None, now)
        publish(BookingHeld(booking_id=str(booking.pk), at=now.isoformat()), now=now)
        return booking


def refuse_while_stopped(now: dt.datetime) -> None:
    """What is held already can be paid; nothing new is held."""
    if switches.is_on(switches.Name.SELLING, now=now):
        raise SellingStopped


def _refuse_impossible(session: CourseSession, places: int, now: dt.datetime) -> None:
    if type(places) is not int or places < 1:
        raise Invalid(fields={"places": ["Choose how many people."]})
    if places > session.course.class_size:
        raise Invalid(
            fields={
                "places": [
                    f"For more than {session.course.class_size} people, "
                    "we can train at your workplace."
                ]
            }
        )
    if not session.is_open(now):
        raise SessionNotOpen


def _refuse_too_many(digest: str, places: int, now: dt.datetime) -> None:
    live = Booking.objects.live_holds(now).filter(browser=digest)
    held = live.aggregate(holds=Count("id"), places=Sum("places"))
    if held["holds"] >= settings.HOLDS_PER_BROWSER:
        raise TooManyHolds
    if (held["places"] or 0) + places > settings.PLACES_PER_BROWSER:
        raise TooManyHolds


def place(
    session: CourseSession,
    places: int,
    browser: str,
    *,
    ends_at: dt.datetime,
    renewals: int = 0,
    now: dt.datetime,
) -> Booking:
    """The hold itself, at today's price and policy; the caller has found the places, under the date's lock."""
    course = session.course
    line = pricing.line(
        description=course.title,
        quantity=places,
        unit_gross=course.price,
        vat_rate_bp=course.vat_rate_bp,
    )
    booking = Booking(
        session=session,
        places=places,
        lines=[line],
        total_minor=pricing.total([line]).minor,
        policy=course.cancellation_policy.snapshot(),
        hold_expires_at=ends_at,
        renewals=renewals,
        browser=browser_digest(browser),
        created_at=now,
    )
    booking.save(force_insert=True)
    Attendee.objects.bulk_create(
        Attendee(booking=booking, position=position) for position in range(1, places + 1)
    )
    booking.history_of("hold", came_from="", now=now, actor="customer").save(force_insert=True)
    return booking


def _hold_end(now: dt.datetime) -> dt.datetime:
    return now + dt.timedelta(seconds=settings.HOLD_SECONDS)
