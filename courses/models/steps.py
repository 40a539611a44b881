"""One statement takes a booking a step further and writes its history: both, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.db import connection

if TYPE_CHECKING:
    from courses.models.booking import Booking, BookingTransition

# What a move is decided on: its state, its details and its hold are as they were read.
UNCHANGED = """
    status = %(came_from)s
    AND details_at IS NOT DISTINCT FROM %(seen_details_at)s
    AND hold_expires_at IS NOT DISTINCT FROM %(seen_hold_expires_at)s
"""

_HISTORY = """
    INSERT INTO courses_bookingtransition
        (id, booking_id, action, came_from, went_to, cause, actor, trace_id, at)
    SELECT %(history_id)s, moved.id, %(action)s, %(came_from)s, %(went_to)s, %(cause)s, %(actor)s,
        %(trace_id)s, %(at)s
    FROM moved
"""

# An UPDATE that has waited keeps the row locked even when the row no longer suits it; whoever then asked for the
# session's lock would deadlock with those who take the two in their order. So a busy row is passed over.
_CONFIRM = f"""
    WITH free AS (
        SELECT id FROM courses_booking WHERE id = %(id)s AND status = %(came_from)s
        FOR NO KEY UPDATE SKIP LOCKED
    ), moved AS (
        UPDATE courses_booking SET status = %(went_to)s, confirmed_at = %(at)s
        FROM free WHERE courses_booking.id = free.id
        RETURNING courses_booking.*
    ), history AS ({_HISTORY})
    SELECT * FROM moved
"""  # noqa: S608 - made of constants


def move(booking: Booking, history: BookingTransition, changes: dict[str, Any]) -> bool:
    """False, with nothing done, when the row is no longer as it was read."""
    fields = [field for field in booking._meta.concrete_fields if field.attname in changes]
    values = {
        f"new_{field.attname}": field.get_db_prep_save(changes[field.attname], connection)
        for field in fields
    }
    assignments = ", ".join(f'"{field.column}" = %(new_{field.attname})s' for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH moved AS (UPDATE courses_booking SET {assignments}"  # noqa: S608 - our own names
            f" WHERE id = %(id)s AND {UNCHANGED} RETURNING id) {_HISTORY}",
            {
                **values,
                **_values_of(history),
                "seen_details_at": booking.details_at,
                "seen_hold_expires_at": booking.hold_expires_at,
            },
        )
        return cursor.rowcount == 1


def confirm(history: BookingTransition) -> Booking | None:
    """The booking, confirmed, if it was in the state that its history says and nobody else held it; unread before."""
    bookings = apps.get_model("courses.Booking").objects.raw(_CONFIRM, _values_of(history))
    return next(iter(bookings), None)


def _values_of(history: BookingTransition) -> dict[str, Any]:
    booking_id: UUID = history.booking_id
    return {
        "id": booking_id,
        "history_id": history.id,
        "action": history.action,
        "came_from": history.came_from,
        "went_to": history.went_to,
        "cause": history.cause,
        "actor": history.actor,
        "trace_id": history.trace_id,
        "at": history.at,
    }
