"""The rows that one drive works on, read once: a payment's five steps then cost no look-ups of their own.

Only the request that pays holds rows in hand. Each taking of the lease and each step written raises the run's epoch
by one. So a payment that was read at one epoch is still as it was at the next, and only then: an epoch left out
means another driver, a failed step, or a wait, and the row is read again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from core.sagas.definition import Run
from courses import selectors as courses
from courses.selectors import Booking
from fraud.subject import Subject
from payments.models import Payment


@dataclass
class Hand:
    """`payment` is as its row was at `epoch` of its run; a run begins at 0."""

    booking: Booking
    payment: Payment | None = None
    epoch: int = 0
    subject: Subject | None = None

    def keeps(self, payment_id: UUID, *, epoch: int) -> bool:
        known = self.payment is not None and self.payment.id == payment_id
        return known and self.epoch <= epoch <= self.epoch + 1


_hand: ContextVar[Hand | None] = ContextVar("payment_in_hand", default=None)


@contextmanager
def holding(booking: Booking, *, begun: Payment | None = None) -> Iterator[Hand]:
    """`begun`: the payment that this request has just inserted together with its run."""
    hand = Hand(booking, begun)
    token = _hand.set(hand)
    try:
        yield hand
    finally:
        _hand.reset(token)


def payment(run: Run) -> Payment:
    hand = _hand.get()
    if hand is None:
        return Payment.objects.get(pk=run.subject_id)
    if not hand.keeps(run.subject_id, epoch=run.epoch):
        hand.payment = Payment.objects.get(pk=run.subject_id)
    hand.epoch = run.epoch
    assert hand.payment is not None
    return hand.payment


def booking(booking_id: UUID) -> Booking:
    """With its customer, session and attendees; its status may be older than now."""
    hand = _hand.get()
    if hand is not None and hand.booking.id == booking_id:
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
