"""The waiting list of a full date: names in order, offers that are real holds, made before the public gets a place."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.conf import settings
from django.db import transaction

from core import switches
from core.crypto.index import blind_index
from core.database.transactions import rerun_on_conflict
from core.errors import Conflict, Invalid, NotFound
from core.outbox.events import publish
from courses.events import BookingHeld, WaitingListChanged
from courses.models import (
    Booking,
    BookingStatus,
    CourseSession,
    WaitingListEntry,
    WaitingStatus,
)
from courses.models.booking import browser_digest
from courses.models.customer import EMAIL_INDEX
from courses.services import capacity, details, holds
from courses.services.details import CustomerDetails
from courses.services.refusals import SessionNotOpen

TAKEN = (BookingStatus.CONFIRMED, BookingStatus.UNDER_REVIEW)
OVER = (BookingStatus.EXPIRED, BookingStatus.CANCELLED)


class NotFull(Conflict):
    code = "not_full"
    detail = "There are places on this date. Book them now."


class EntryNotFound(NotFound):
    code = "waiting_list_entry_not_found"
    detail = "We can’t find that. Check the link we emailed."


class OfferEnded(Conflict):
    code = "offer_ended"
    detail = "These places aren’t held for you any more."


@rerun_on_conflict
def join(
    *, session_id: UUID | str, name: str, email: str, places: int, now: dt.datetime
) -> WaitingListEntry:
    """The last in the line, once for each address. Raises SessionNotFound, SessionNotOpen, NotFull, Invalid."""
    with capacity.bounded():
        session = capacity.lock_session(session_id)
        _refuse_unreadable(session, name, email, places)
        if not session.is_open(now):
            raise SessionNotOpen
        index = blind_index(email.strip(), EMAIL_INDEX)
        open_ones = (WaitingStatus.WAITING, WaitingStatus.OFFERED)
        known = session.waiting.filter(email_index=index, status__in=open_ones).first()
        if known is not None:
            return known
        if capacity.free_for_the_public(session, now) >= places:
            raise NotFull
        entry = WaitingListEntry(
            session=session,
            name=details.tidy("name", name),
            email=email.strip(),
            email_index=index,
            places=places,
            created_at=now,
        )
        entry.begin(now=now, actor="customer")
        _tell(entry, "joined", now)
        return entry


@rerun_on_conflict
def claim(*, token: str, browser: str, now: dt.datetime) -> Booking:
    """The hold becomes this browser's: the link was mailed to who waits. Raises EntryNotFound, OfferEnded."""
    with capacity.bounded():
        entry = _locked(token)
        booking = capacity.lock_booking(Booking.objects.filter(offered_to=entry))
        if entry.status != WaitingStatus.OFFERED or not booking.is_live_hold(now):
            raise OfferEnded
        booking.browser = browser_digest(browser)
        booking.save(update_fields=["browser"])
        return booking


@rerun_on_conflict
def leave(*, token: str, now: dt.datetime) -> WaitingListEntry:
    """Off the list; places that were held for it go to the next. Raises EntryNotFound, OfferEnded once it is paid."""
    with capacity.bounded():
        entry = _locked(token)
        if entry.status == WaitingStatus.OFFERED:
            booking = capacity.lock_booking(Booking.objects.filter(offered_to=entry))
            if booking.status != BookingStatus.HELD:
                raise OfferEnded
            booking.cancel(now=now, cause="not wanted", actor="customer")
        if entry.status in (WaitingStatus.WAITING, WaitingStatus.OFFERED):
            entry.leave(now=now, actor="customer")
        serve(entry.session, now)
        return entry


def find(token: str) -> WaitingListEntry:
    """With its date and its offer. Raises EntryNotFound."""
    entries = WaitingListEntry.objects.select_related(
        "session__course", "session__venue", "booking"
    )
    found = entries.filter(token=token).first()
    if found is None:
        raise EntryNotFound
    return found


def serve_all(*, now: dt.datetime) -> int:
    """Ends what is over and offers what is free, date by date; how many dates were looked at."""
    open_ones = (WaitingStatus.WAITING, WaitingStatus.OFFERED)
    keys = WaitingListEntry.objects.filter(status__in=open_ones).values_list("session", flat=True)
    sessions = list(keys.order_by("session").distinct())
    for key in sessions:
        with capacity.bounded():
            _settle(capacity.lock_session(key), now)
    return len(sessions)


def serve(session: CourseSession, now: dt.datetime) -> None:
    """Offers free places in order, as many as fit; whoever needs more than are free keeps their turn.

    Nothing while selling is stopped. The caller holds the date's lock.
    """
    if switches.is_on(switches.Name.SELLING, now=now):
        return
    free = capacity.free(session, now)
    for entry in capacity.waiting_in_order(session):
        if entry.places <= free:
            free -= entry.places
            _offer(entry, session, now)


def _settle(session: CourseSession, now: dt.datetime) -> None:
    for entry in session.waiting.filter(status=WaitingStatus.OFFERED).select_related("booking"):
        if entry.booking is not None and entry.booking.status in TAKEN:
            entry.take(now=now)
        elif entry.booking is not None and entry.booking.status in OVER:
            entry.lapse(now=now)
            _tell(entry, "lapsed", now)
    if session.is_open(now):
        serve(session, now)
        return
    for entry in capacity.waiting_in_order(session):
        entry.leave(now=now, cause="the date is over or cancelled")


def _offer(entry: WaitingListEntry, session: CourseSession, now: dt.datetime) -> None:
    """A hold of nobody's browser until its link is opened; it can't be held again once it has ended."""
    with transaction.atomic():
        booking = holds.place(
            session,
            entry.places,
            entry.token,
            ends_at=now + dt.timedelta(hours=settings.WAITING_LIST_OFFER_HOURS),
            renewals=settings.HOLD_RENEWALS_MAX,
            now=now,
        )
        customer = CustomerDetails(name=entry.name, email=entry.email, phone="")
        details.write(booking, customer, None, None, now)
        entry.offer(booking, now=now)
        publish(BookingHeld(booking_id=str(booking.pk), at=now.isoformat()), now=now)
        _tell(entry, "offered", now)


def _locked(token: str) -> WaitingListEntry:
    found = find(token)
    session = capacity.lock_session(found.session_id)
    entry = find(token)
    entry.session = session
    return entry


def _refuse_unreadable(session: CourseSession, name: str, email: str, places: int) -> None:
    customer = CustomerDetails(name=name, email=email, phone="")
    details.refuse_unreadable(customer, None)
    most = min(session.capacity, session.course.class_size)
    if type(places) is not int or not 1 <= places <= most:
        raise Invalid(fields={"places": [f"Choose between 1 and {most}."]})


def _tell(entry: WaitingListEntry, what: str, now: dt.datetime) -> None:
    publish(WaitingListChanged(entry_id=str(entry.pk), what=what, at=now.isoformat()), now=now)
