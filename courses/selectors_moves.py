"""Moves of bookings from date to date: the one under way, the one that led to today's date, and what one sells."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from core.money import Money
from courses import pricing
from courses.models import Booking, Move, MoveStatus, SessionState
from courses.models.states import MOVE_IS_BEING_PAID, MOVE_TAKES_PLACES


def move(move_id: UUID | str) -> Move:
    """With its booking and both its dates."""
    both = ("booking", "from_session__course", "from_session__venue", "to_session__venue")
    return Move.objects.select_related(*both).get(pk=move_id)


def live_move(booking: Booking) -> Move | None:
    """The one that is being paid for, or checked."""
    live = Move.objects.filter(booking=booking, status__in=MOVE_TAKES_PLACES)
    return live.select_related("to_session__course", "to_session__venue").first()


def moves_of_called_off_dates() -> list[Move]:
    """Being paid for or checked, though we have cancelled one of their two dates."""
    off = Q(from_session__state=SessionState.CANCELLED) | Q(
        to_session__state=SessionState.CANCELLED
    )
    return list(Move.objects.filter(off, status__in=MOVE_IS_BEING_PAID).order_by("pk"))


def move_lines(move: Move) -> list[pricing.Line]:
    """What a dearer date sells: the difference, at the VAT rate of the booking's own price."""
    quantity = move.places if len(set(move.shares.values())) == 1 else 1
    line = pricing.line(
        description=f"{move.from_session.course.title}: difference for a dearer date",
        quantity=quantity,
        unit_gross=Money(move.difference_minor // quantity, move.currency),
        vat_rate_bp=move.booking.lines[0]["vat_rate_bp"],
    )
    return [line]


def live_and_last_move(booking: Booking) -> tuple[Move | None, Move | None]:
    """The one that is under way, and the one that led to the date of today."""
    both = Move.objects.filter(booking=booking, status__in=(*MOVE_TAKES_PLACES, MoveStatus.DONE))
    found = list(both.select_related("from_session", "to_session").order_by("done_at", "id"))
    done = [each for each in found if each.status == MoveStatus.DONE]
    live = [each for each in found if each.status != MoveStatus.DONE]
    return (live[-1] if live else None), (done[-1] if done else None)
