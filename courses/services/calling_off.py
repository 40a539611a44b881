"""We call a date off: nobody books it any more. What becomes of its bookings is decided above, one by one."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import Q

from core.audit import services as audit
from core.database.transactions import rerun_on_conflict
from core.errors import Conflict
from courses import selectors_moves
from courses.models import Booking, BookingStatus, CourseSession, Move, SessionState
from courses.models.states import TAKES_PLACES, MoveStatus
from courses.services import capacity


class CannotCallOff(Conflict):
    code = "cannot_call_off"
    detail = "This date has begun, or was cancelled before."


@rerun_on_conflict
def call_off(
    *, session_id: UUID | str, reason: str, actor: str, now: dt.datetime
) -> tuple[CourseSession, list[UUID]]:
    """Under the date's lock, so that whoever books or moves is before it or refused. Its bookings that take places.

    Raises SessionNotFound, CannotCallOff.
    """
    with capacity.bounded():
        session = capacity.lock_session(session_id)
        if session.state != SessionState.SCHEDULED or session.starts_at <= now:
            raise CannotCallOff
        session.cancel()
        audit.record(
            subject=f"courses.coursesession:{session.pk}",
            action="session.cancelled",
            actor=actor,
            reason=reason,
            now=now,
        )
        _end_unpaid_moves(session, actor, now)
        taking = Booking.objects.filter(session=session, status__in=TAKES_PLACES)
        return session, list(taking.order_by("pk").values_list("pk", flat=True))


def _end_unpaid_moves(session: CourseSession, actor: str, now: dt.datetime) -> None:
    """From it and to it. Those that are being paid for, or checked, are let go at the gateway first."""
    either = Q(from_session=session) | Q(to_session=session)
    unpaid = Move.objects.filter(either, status=MoveStatus.OPEN)
    for booking_id in unpaid.order_by("booking").values_list("booking", flat=True):
        booking = capacity.lock_booking(Booking.objects.filter(pk=booking_id))
        if (found := selectors_moves.live_move(booking)) and found.status == MoveStatus.OPEN:
            found.cancel(now=now, actor=actor, cause="we cancelled the date")


def end_hold(*, booking_id: UUID | str, cause: str, now: dt.datetime) -> Booking:
    """held -> cancelled, at once. One that is past that stays as it is."""
    with capacity.bounded():
        booking = capacity.lock_booking(Booking.objects.filter(pk=booking_id))
        if booking.status == BookingStatus.HELD:
            booking.cancel(now=now, cause=cause)
        return booking
