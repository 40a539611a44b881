"""A date that we called off: each of its bookings is settled by itself, once, however often the work is broken off.

Held ones end at once. Those that are being paid or checked are let go at the gateway first, by their own sagas.
Confirmed ones stay until the customer chooses another date or the money; when the time is over, the money goes back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum

from core import nudges
from core.crashpoints import crash_point
from core.errors import Conflict, Invalid, Refusal
from core.money import Money
from core.outbox.events import publish
from core.sagas import engine
from courses import selectors as courses
from courses import selectors_moves as moves
from courses.selectors import Booking
from courses.services import bookings, calling_off
from courses.services.moving import Move
from fraud.services import reviews
from payments import selectors
from payments.events import BookingCalledOff
from payments.models import (
    CalledOffBooking,
    CalledOffStatus,
    CallOffReason,
    Payment,
    PaymentStatus,
    RefundReason,
    SessionCancellation,
)
from payments.services import checkout, refunds

ACTOR = "system: we cancelled"
CAUSE = "we cancelled the date"
MOVED_AWAY = "moved meanwhile"
TASK = "payments.tasks.settle_called_off"
LOOK_AGAIN = timedelta(seconds=10)
TRY_AGAIN = timedelta(hours=12)
BATCH = 200

log = structlog.get_logger(__name__)


class ChosenAlready(Conflict):
    code = "chosen_already"
    detail = "You have chosen already. Reload the page to see where things stand."


@dataclass(frozen=True)
class Preview:
    """What calling the date off touches, and the most that goes back."""

    people: int
    bookings: int
    amount: Money


def preview(session_id: UUID) -> Preview:
    taking = courses.bookings_taking_places(session_id)
    taken = Payment.objects.filter(booking__in=taking, status=PaymentStatus.SUCCEEDED)
    left = taken.aggregate(
        left=Sum(F("captured_minor") - F("refunded_minor") - F("disputed_away_minor"))
    )["left"]
    return Preview(
        people=sum(each.places for each in taking), bookings=len(taking), amount=Money(left or 0)
    )


@transaction.atomic
def begin(
    *, session_id: UUID | str, reason: str, note: str, actor: str, now: datetime
) -> SessionCancellation:
    """The date is cancelled and a row is written for each booking; a worker settles them after the commit.

    Raises Invalid, SessionNotFound, CannotCallOff.
    """
    if reason not in CallOffReason.values:
        raise Invalid(fields={"reason": ["Choose a reason."]})
    session, booking_ids = calling_off.call_off(
        session_id=session_id, reason=reason, actor=actor, now=now
    )
    job = SessionCancellation(
        session_id=session.pk, reason=reason, note=note, asked_by=actor, asked_at=now
    )
    job.save(force_insert=True)
    for booking_id in booking_ids:
        CalledOffBooking.begin(job=job, booking_id=booking_id, now=now)
    nudges.on_commit(TASK)
    return job


def settle_due(*, clock: Callable[[], datetime], limit: int = BATCH) -> int:
    """What is due of all called-off dates, one transaction each; how many bookings were looked at."""
    for move in moves.moves_of_called_off_dates():
        _have_move_let_go(move, clock())
    open_ones = CalledOffBooking.objects.filter(
        status__in=(CalledOffStatus.WAITING, CalledOffStatus.CHOOSING), due_at__lte=clock()
    )
    keys = list(open_ones.order_by("due_at", "pk").values_list("pk", flat=True)[:limit])
    for key in keys:
        _settle(key, clock())
    return len(keys)


@transaction.atomic
def give_back(*, booking_id: UUID | str, actor: str, now: datetime) -> None:
    """All that is left of what was paid, by the customer's choice. Raises ChosenAlready, DisputeOpen."""
    rows = CalledOffBooking.objects.select_for_update()
    row = rows.filter(booking_id=booking_id, status=CalledOffStatus.CHOOSING).first()
    if row is None or _is_elsewhere(row, courses.booking(row.booking_id)):
        raise ChosenAlready
    _give_back(row, actor, now)


def moved(*, booking_id: UUID | str, actor: str, now: datetime) -> None:
    """The customer chose another date. In the move's own transaction."""
    rows = CalledOffBooking.objects.select_for_update()
    row = rows.filter(booking_id=booking_id, status=CalledOffStatus.CHOOSING).first()
    if row is not None:
        row.move(actor=actor, now=now)


def choice_of(booking: Booking) -> CalledOffBooking | None:
    """The choice that the customer still has."""
    rows = CalledOffBooking.objects.filter(booking=booking, status=CalledOffStatus.CHOOSING)
    return rows.first()


def _settle(key: UUID, now: datetime) -> None:
    """What goes wrong with one is noted, and keeps no other waiting."""
    try:
        with transaction.atomic():
            row = (
                CalledOffBooking.objects.select_for_update(skip_locked=True).filter(pk=key).first()
            )
            if row is None:
                return
            if row.status == CalledOffStatus.WAITING:
                _first_look(row, now)
            elif row.status == CalledOffStatus.CHOOSING and row.due_at <= now:
                _time_is_over(row, now)
            crash_point("CP19")
    except Refusal as refusal:
        log.warning("called_off_booking_waits", row=str(key), error=type(refusal).__name__)
        CalledOffBooking.objects.filter(pk=key).update(
            problem=str(refusal.detail)[:200], due_at=now + TRY_AGAIN
        )


def _first_look(row: CalledOffBooking, now: datetime) -> None:
    booking = courses.booking(row.booking_id)
    if _is_elsewhere(row, booking):
        row.end(cause=MOVED_AWAY, now=now)
        return
    match booking.status:
        case "held":
            calling_off.end_hold(booking_id=booking.pk, cause=CAUSE, now=now)
            _end(row, booking, now)
        case "paying" | "under_review":
            _have_it_let_go(booking, now)
            row.due_at = now + LOOK_AGAIN
            row.save(update_fields=["due_at"])
        case "confirmed":
            days = timedelta(days=settings.CALLED_OFF_CHOICE_DAYS)
            row.ask(choose_by=now + days, now=now)
            _tell(booking, now)
        case _:
            _end(row, booking, now)


def _time_is_over(row: CalledOffBooking, now: datetime) -> None:
    booking = courses.booking(row.booking_id)
    if _is_elsewhere(row, booking):
        row.end(cause=MOVED_AWAY, now=now)
    elif booking.status == "confirmed":
        _give_back(row, ACTOR, now)
    else:
        row.end(cause="cancelled meanwhile", now=now)


def _is_elsewhere(row: CalledOffBooking, booking: Booking) -> bool:
    """Moved before it was looked at: what is done about the old date is no longer its business."""
    return booking.session_id != row.job_id


def _have_it_let_go(booking: Booking, now: datetime) -> None:
    """Its saga cancels it at the gateway, then frees the places. One that is being taken just now ends as confirmed."""
    payment = selectors.latest_payment(booking.pk)
    if payment is None:
        return
    reviews.withdraw(payment_id=payment.pk, now=now)
    engine.resume(name=checkout.SAGA, subject_id=payment.pk, cause=CAUSE, now=now)


def _have_move_let_go(move: Move, now: datetime) -> None:
    """As a booking. Before anything is taken for it, its saga looks at both dates itself."""
    try:
        with transaction.atomic():
            payment = selectors.latest_payment_of_move(move.booking_id, move.pk)
            if payment is not None and payment.is_open:
                reviews.withdraw(payment_id=payment.pk, now=now)
                engine.resume(name=checkout.SAGA, subject_id=payment.pk, cause=CAUSE, now=now)
    except Refusal as refusal:
        log.warning("called_off_move_waits", move=str(move.pk), error=type(refusal).__name__)


def _give_back(row: CalledOffBooking, actor: str, now: datetime) -> None:
    payments = reversed(selectors.payments_of(row.booking_id))
    taken = [each for each in payments if each.refundable.minor]
    for payment in taken:
        refunds.request(
            payment_id=payment.pk,
            amount_minor=payment.refundable.minor,
            reason=RefundReason.WE_CANCELLED,
            cancel_places=True,
            actor=ACTOR,
            now=now,
        )
    if not taken:
        bookings.cancel(booking_id=row.booking_id, cause=CAUSE, actor=actor, now=now)
    row.refund(actor=actor, now=now)


def _end(row: CalledOffBooking, booking: Booking, now: datetime) -> None:
    row.end(cause=f"was {booking.status}", now=now)
    if booking.customer is not None:
        _tell(booking, now)


def _tell(booking: Booking, now: datetime) -> None:
    publish(BookingCalledOff(booking_id=str(booking.pk), at=now.isoformat()), now=now)
