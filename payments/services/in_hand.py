"""The rows that one drive works on, read once: a payment's five steps then cost no look-ups of their own.

Only the request that pays holds rows in hand. It is safe because every move of a payment is conditional on
the state that was read: a row that another hand has moved refuses, and the drive ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from courses import selectors as courses
from courses.selectors import Booking
from fraud.subject import Subject
from payments.models import Payment


@dataclass
class Hand:
    payment: Payment | None = None
    booking: Booking | None = None
    subject: Subject | None = None


_hand: ContextVar[Hand | None] = ContextVar("payment_in_hand", default=None)


@contextmanager
def holding(payment: Payment, booking: Booking) -> Iterator[None]:
    token = _hand.set(Hand(payment, booking))
    try:
        yield
    finally:
        _hand.reset(token)


def payment(payment_id: UUID) -> Payment:
    hand = _hand.get()
    if hand is not None and hand.payment is not None and hand.payment.id == payment_id:
        return hand.payment
    return Payment.objects.get(pk=payment_id)


def booking(booking_id: UUID) -> Booking:
    """With its customer, session and attendees; its status may be older than now."""
    hand = _hand.get()
    if hand is not None and hand.booking is not None and hand.booking.id == booking_id:
        return hand.booking
    return courses.booking(booking_id)


def keep_subject(subject: Subject) -> None:
    hand = _hand.get()
    if hand is not None:
        hand.subject = subject


def subject(payment_id: UUID) -> Subject | None:
    """What fraud judged last, if it was judged in this drive."""
    hand = _hand.get()
    if hand is None or hand.subject is None or hand.subject.payment_id != str(payment_id):
        return None
    return hand.subject


def let_go_of_payment() -> None:
    """Its state in memory is no longer that of the row: a transaction was rolled back."""
    hand = _hand.get()
    if hand is not None:
        hand.payment = None
