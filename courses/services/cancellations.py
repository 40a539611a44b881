"""Giving up places of a confirmed booking: some, or all. What money goes back is decided above."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from core.database.transactions import rerun_on_conflict
from core.errors import Invalid
from core.outbox.events import publish
from courses.events import BookingCancelled
from courses.models import Attendee, Booking, BookingStatus, BookingTransition
from courses.services import capacity, moving

PROBE = BookingTransition.PROBE


@rerun_on_conflict
def cancel(
    *,
    booking_id: UUID | str,
    attendee_ids: Collection[UUID | str] | None = None,
    cause: str,
    actor: str,
    now: dt.datetime,
) -> Booking:
    """Cancels these attendees' places, or all; what is already cancelled stays so.

    Raises Invalid on an attendee of another booking, WrongState on a booking that is not confirmed, MoveUnderWay.
    """
    with capacity.bounded():
        booking = capacity.lock_booking(Booking.objects.filter(pk=booking_id))
        if booking.status == BookingStatus.CANCELLED:
            return booking
        attendees = list(booking.attendees.order_by("position"))
        leaving = [each for each in _chosen(attendees, attendee_ids) if each.is_active]
        if not leaving:
            return booking
        moving.end_unpaid(booking, actor=actor, cause=cause, now=now)
        staying = sum(each.is_active for each in attendees) - len(leaving)
        if staying:
            booking.cancel_places(staying, now=now, cause=cause, actor=actor)
        else:
            booking.cancel(now=now, cause=cause, actor=actor)
        for attendee in leaving:
            attendee.cancel()
        publish(
            BookingCancelled(
                booking_id=str(booking.pk), cause=cause, places=len(leaving), at=now.isoformat()
            ),
            now=now,
        )
        return booking


def _chosen(
    attendees: list[Attendee], attendee_ids: Collection[UUID | str] | None
) -> list[Attendee]:
    if attendee_ids is None:
        return attendees
    wanted = {str(each) for each in attendee_ids}
    chosen = [each for each in attendees if str(each.pk) in wanted]
    if len(chosen) != len(wanted):
        raise Invalid(fields={"attendees": ["Choose people of this booking."]})
    return chosen
