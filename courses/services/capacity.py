"""Places of a session, counted from rows under its lock.

Locks are taken in one order: browser, sessions by their keys, booking. A wait for one is cut off after a few seconds: the
connection says so (settings' lock_timeout).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection, transaction

from core.outbox.events import publish
from courses.events import BookingExpired
from courses.models import (
    Booking,
    BookingTransition,
    CourseSession,
    WaitingListEntry,
    WaitingStatus,
)
from courses.models.querysets import BookingQuerySet
from courses.services.refusals import BookingNotFound, Busy, PlacesSoldOut, SessionNotFound

LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED = "55P03", "40P01"
CAPACITY_TRIGGER = "courses_booking_capacity"


@contextmanager
def bounded() -> Iterator[None]:
    """A transaction whose waits for locks end: raises Busy, with nothing done.

    The database's own count of places speaks here too: PlacesSoldOut.
    """
    try:
        with transaction.atomic():
            yield
    except OperationalError as error:
        if _sqlstate(error) in (LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED):
            raise Busy from error
        raise
    except IntegrityError as error:
        if violated_constraint(error) == CAPACITY_TRIGGER:
            raise PlacesSoldOut(places_left=0) from error
        raise


def lock_browser(digest: str) -> None:
    """One browser places one hold at a time, so that its limit can't be raced."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(digest[:15], 16)])


def lock_browser_of(bookings: BookingQuerySet) -> None:
    """The same, of the browser that made the one booking; raises BookingNotFound."""
    digest = bookings.values_list("browser", flat=True).first()
    if digest is None:
        raise BookingNotFound
    lock_browser(digest)


def lock_session(session_id: UUID | str) -> CourseSession:
    """The session's row under lock, with its course, venue and policy; raises SessionNotFound."""
    session = (
        CourseSession.objects.select_for_update(of=("self",), no_key=True)
        .select_related("course__cancellation_policy", "venue")
        .filter(pk=session_id)
        .first()
    )
    if session is None:
        raise SessionNotFound
    return session


def lock_session_of(bookings: BookingQuerySet) -> CourseSession:
    """The same, of the session that the one booking is for; raises BookingNotFound."""
    session = (
        CourseSession.objects.select_for_update(of=("self",), no_key=True)
        .select_related("course__cancellation_policy", "venue")
        .filter(pk__in=bookings.values("session"))
        .first()
    )
    if session is None:
        raise BookingNotFound
    return session


def lock_sessions(session_ids: Collection[UUID]) -> dict[UUID, CourseSession]:
    """Several, in the order of their keys: of two who want the same ones neither waits for the other in a ring."""
    rows = (
        CourseSession.objects.select_for_update(of=("self",), no_key=True)
        .select_related("course__cancellation_policy", "venue")
        .filter(pk__in=session_ids)
        .order_by("pk")
    )
    locked = {each.pk: each for each in rows}
    if len(locked) < len(set(session_ids)):
        raise SessionNotFound
    return locked


def lock_booking(bookings: BookingQuerySet) -> Booking:
    """The one booking's row under lock, with its session and customer; raises BookingNotFound."""
    found = (
        bookings.select_for_update(of=("self",), no_key=True)
        .select_related("session__course", "session__venue", "customer")
        .first()
    )
    if found is None:
        raise BookingNotFound
    return found


def take(session: CourseSession, places: int, now: dt.datetime) -> None:
    """Makes sure that ``places`` are free for the public; raises PlacesSoldOut. The caller holds the session's lock."""
    left = free_for_the_public(session, now)
    if places > left:
        raise PlacesSoldOut(places_left=left)


def free(session: CourseSession, now: dt.datetime) -> int:
    """Dead holds are expired first, so that the trigger, which counts by state alone, agrees."""
    expire(Booking.objects.dead_holds(now).filter(session=session), now=now)
    return max(session.capacity - places_taken(session), 0)


def free_for_the_public(session: CourseSession, now: dt.datetime) -> int:
    """Less what those who wait for this date are about to be offered, in order."""
    expire(Booking.objects.dead_holds(now).filter(session=session), now=now)
    taken, somebody_waits = _counted(session)
    left = max(session.capacity - taken, 0)
    if left and somebody_waits:
        for entry in waiting_in_order(session):
            left -= entry.places if entry.places <= left else 0
    return left


def waiting_in_order(session: CourseSession) -> list[WaitingListEntry]:
    waiting = WaitingListEntry.objects.filter(session=session, status=WaitingStatus.WAITING)
    return list(waiting.order_by("created_at", "pk"))


def places_taken(session: CourseSession) -> int:
    """By state alone, as the trigger counts: it is the same function. The caller holds the session's lock."""
    return _counted(session)[0]


def expire(dead_holds, *, now: dt.datetime, skip_locked: bool = False) -> int:
    """Expires these holds, with history and events, in few statements; returns how many."""
    bookings = list(
        dead_holds.select_for_update(no_key=True, skip_locked=skip_locked).only("id", "status")
    )
    if not bookings:
        return 0
    Booking.objects.expire_all(bookings)
    BookingTransition.objects.bulk_create(
        each.history_of("expire", came_from="held", now=now, cause="hold ended")
        for each in bookings
    )
    for each in bookings:
        publish(BookingExpired(booking_id=str(each.pk), at=now.isoformat()), now=now)
    return len(bookings)


def _counted(session: CourseSession) -> tuple[int, bool]:
    """The places that are taken, and whether somebody waits for some: in one question."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT courses_places_taken(%(session)s), EXISTS (SELECT FROM courses_waitinglistentry"
            " WHERE session_id = %(session)s AND status = 'waiting')",
            {"session": session.pk},
        )
        taken, somebody_waits = cursor.fetchone()
    return taken, somebody_waits


def violated_constraint(error: Exception) -> str:
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""


def _sqlstate(error: Exception) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)
