"""What an attempt to pay is for, a booking or a move of one, and what becomes of that as the attempt ends."""

from datetime import datetime

from courses import selectors as courses
from courses import selectors_moves as moves
from courses.services import bookings, moving
from payments.models import Payment


def failed(payment: Payment, *, cause: str, now: datetime) -> None:
    if payment.move_id:
        moving.payment_failed(move_id=payment.move_id, cause=cause, now=now)
    else:
        bookings.payment_failed(booking_id=payment.booking_id, cause=cause, now=now)


def abandoned(payment: Payment, *, cause: str, now: datetime) -> None:
    if payment.move_id:
        moving.payment_abandoned(move_id=payment.move_id, cause=cause, now=now)
    else:
        bookings.payment_abandoned(booking_id=payment.booking_id, cause=cause, now=now)


def put_under_review(payment: Payment, *, now: datetime) -> None:
    """Raises PlacesSoldOut."""
    if payment.move_id:
        moving.put_under_review(move_id=payment.move_id, now=now)
    else:
        bookings.put_under_review(booking_id=payment.booking_id, now=now)


def given(payment: Payment, *, now: datetime) -> None:
    """Paid for: the customer has it. Raises PlacesSoldOut, WrongState."""
    if payment.move_id:
        moving.finish(move_id=payment.move_id, now=now)
    else:
        bookings.confirm(booking_id=payment.booking_id, now=now)


def released(payment: Payment, *, cause: str, now: datetime) -> None:
    """A booking that ended in the meantime has no places left to free."""
    if payment.move_id:
        moving.release(move_id=payment.move_id, cause=cause, now=now)
        return
    try:
        bookings.release(booking_id=payment.booking_id, cause=cause, now=now)
    except bookings.WrongState:
        return


def may_be_given(payment: Payment, *, now: datetime) -> bool:
    """Asked before the money is taken. A booking's places are its own while it is being paid."""
    return payment.move_id is None or moving.may_be_made(move_id=payment.move_id, now=now)


def is_called_off(payment: Payment) -> bool:
    """Whether we have cancelled the date that it is for; of a move, either of the two."""
    if payment.move_id is None:
        return courses.is_called_off(payment.booking_id)
    found = moves.move(payment.move_id)
    return "cancelled" in (found.from_session.state, found.to_session.state)


def starts_at(payment: Payment, of_booking: datetime) -> datetime:
    """The first of the dates that it is about."""
    if payment.move_id is None:
        return of_booking
    return min(of_booking, moves.move(payment.move_id).to_session.starts_at)


def is_move_being_checked(payment: Payment) -> bool:
    return payment.move_id is not None and is_being_checked(payment)


def is_being_checked(payment: Payment) -> bool:
    if payment.move_id:
        return moves.move(payment.move_id).status == "under_review"
    return courses.booking(payment.booking_id).status == "under_review"
