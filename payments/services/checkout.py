"""Taking a card payment for a booking: the row and its saga first, then as far as the deadline allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from psycopg.errors import UniqueViolation

from core import switches
from core.crashpoints import crash_point
from core.crypto.index import blind_index
from core.sagas import engine, states
from core.sagas.models import SagaRun
from core.tracing import spans
from courses import selectors as courses
from courses import selectors_moves as moves
from courses.selectors import Booking
from courses.services import bookings, moving
from courses.services.moving import Move, MoveEnded
from payments import selectors
from payments.gateways import transport
from payments.models import Payment, PaymentStatus
from payments.services import endings, in_hand
from payments.services.refusals import (
    CardDeclined,
    NothingToPay,
    PaymentInProgress,
    PaymentRefused,
    PaymentsUnavailable,
    TokenUnusable,
    TooManyRefusals,
)

SAGA = "payment"
DEADLINE_SECONDS = 15.0
UNAVAILABLE_SECONDS = 60
DEVICE_FIELDS = {"user_agent": 512, "language": 40, "timezone": 64, "screen": 40}
DEVICE_MARKS = {"id": 128, "fingerprint": 64}


@dataclass(frozen=True)
class Asked:
    """What the browser sent, and the move whose difference it pays; None for the booking's price."""

    confirmation_token: str
    device: dict[str, Any]
    address: str
    move: Move | None = None


def pay(
    *,
    token: str,
    confirmation_token: str,
    device: Mapping[str, Any] | None = None,
    address: str = "",
    user_agent: str = "",
    now: datetime,
) -> Payment:
    """One payment for one confirmation token, driven as far as 15 seconds go.

    The same token again is the same payment. Raises CardDeclined, PaymentRefused, TooManyRefusals,
    TokenUnusable and PaymentsUnavailable for what came out, NothingToPay, and what `bookings.begin_payment` raises.
    """
    booking = courses.booking_by_token(token)
    if booking.total_minor == 0:
        raise NothingToPay
    device = _device(device or {}, user_agent)
    return _pay(booking, Asked(confirmation_token, device, address), now)


def pay_for_move(
    *,
    token: str,
    move_id: UUID | str,
    confirmation_token: str,
    device: Mapping[str, Any] | None = None,
    address: str = "",
    user_agent: str = "",
    now: datetime,
) -> Payment:
    """The same, of the difference of the move that was shown. Raises MoveEnded when it is no longer the one under way."""
    booking = courses.booking_by_token(token)
    known = Payment.objects.filter(booking=booking, confirmation_token=confirmation_token).first()
    move = moves.live_move(booking)
    if known is not None and known.move_id:
        move = moves.move(known.move_id)
    if move is None or str(move.pk) != str(move_id):
        raise MoveEnded
    device = _device(device or {}, user_agent)
    return _pay(booking, Asked(confirmation_token, device, address, move), now)


def _pay(booking: Booking, asked: Asked, now: datetime) -> Payment:
    # All that follows, in whatever process, can be found by the booking.
    with spans.with_facts(booking=str(booking.id)):
        payment = _known(booking, asked)
        run = None
        if payment is None:
            if switches.is_on(switches.Name.CARDS, now=now):
                raise PaymentsUnavailable(retry_after=UNAVAILABLE_SECONDS)
            payment, run = _begin(booking, asked, now)
            crash_point("CP01")
        return told(_drive(payment, booking, now, begun=run))


def continue_after_action(
    *, token: str, move_id: UUID | None = None, now: datetime
) -> Payment | None:
    """The customer is back from the bank, or asks how things stand: ask the gateway, move on.

    The payment as it stands then; None when nothing was ever tried.
    """
    booking = courses.booking_by_token(token)
    if move_id is None:
        payment = selectors.latest_payment(booking.id)
    else:
        payment = selectors.latest_payment_of_move(booking.id, move_id)
    if payment is None or not payment.is_open:
        return payment
    engine.resume(
        name=SAGA, subject_id=payment.id, cause="customer returned", now=now, in_background=False
    )
    return _drive(payment, booking, now)


def told(payment: Payment) -> Payment:
    """The payment, or the refusal that its state is to the one who pays."""
    match payment.status:
        case PaymentStatus.FAILED if payment.failure_code in endings.UNREACHED:
            raise PaymentsUnavailable(retry_after=UNAVAILABLE_SECONDS)
        case PaymentStatus.FAILED | PaymentStatus.LAPSED:
            raise _declined(selectors.shown_decline_code(payment))
        case PaymentStatus.BLOCKED:
            raise PaymentRefused
        case PaymentStatus.CANCELLED if payment.failure_code == endings.UNUSABLE:
            raise TokenUnusable
        case PaymentStatus.CANCELLED if payment.failure_code in endings.UNREACHED:
            raise PaymentsUnavailable(retry_after=UNAVAILABLE_SECONDS)
        case PaymentStatus.CANCELLED if payment.failure_code == endings.ABANDONED:
            raise _declined("authentication_failed")
        case PaymentStatus.CANCELLED:
            raise PaymentRefused
    return payment


def _known(booking: Booking, asked: Asked) -> Payment | None:
    """The payment that this token already has; raises TooManyRefusals, TokenUnusable."""
    refused = selectors.refused(booking.id, for_moves=asked.move is not None)
    seen = Payment.objects.filter(Q(confirmation_token=asked.confirmation_token) | refused)
    payments = list(seen.order_by("-created_at")[: settings.PAYMENT_TRIES_MAX + 1])
    for payment in payments:
        if payment.confirmation_token == asked.confirmation_token:
            return _of(booking, asked, payment)
    if len(payments) >= settings.PAYMENT_TRIES_MAX:
        raise TooManyRefusals
    return None


def _of(booking: Booking, asked: Asked, payment: Payment) -> Payment:
    if payment.booking_id != booking.id or payment.move_id != (asked.move and asked.move.pk):
        raise TokenUnusable
    return payment


def _begin(booking: Booking, asked: Asked, now: datetime) -> tuple[Payment, SagaRun | None]:
    try:
        return _write(booking, asked, now)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        # Two requests at once: the token or the booking already has its payment.
        known = Payment.objects.filter(confirmation_token=asked.confirmation_token).first()
        if known is None:
            raise PaymentInProgress from None
        return _of(booking, asked, known), None


@transaction.atomic
def _write(booking: Booking, asked: Asked, now: datetime) -> tuple[Payment, SagaRun]:
    move = asked.move
    if move is None:
        bookings.begin_payment(booking_id=booking.id, seen=booking, now=now)
    else:
        moving.begin_payment(move_id=move.pk, now=now)
    payment = Payment.begin(
        booking_id=booking.id,
        amount=move.difference if move else booking.total,
        move_id=move.pk if move else None,
        confirmation_token=asked.confirmation_token,
        address=asked.address,
        device=asked.device,
        now=now,
    )
    data = {"booking": booking.reference}
    return payment, engine.start(name=SAGA, subject_id=payment.id, data=data, now=now, leased=True)


def _drive(
    payment: Payment, booking: Booking, now: datetime, *, begun: SagaRun | None = None
) -> Payment:
    """As far as the deadline allows; a worker takes it from there. The payment as its row then is.

    With the run that was `begun` here, the payment is too: else it is read again once the run is ours.
    """
    if not payment.is_open:
        return payment
    found = begun or SagaRun.objects.only("id").get(name=SAGA, subject_id=payment.id)
    fresh = payment if begun else None
    with transport.within(DEADLINE_SECONDS), in_hand.holding(booking, begun=fresh) as hand:
        run = engine.drive(found.id, begun=begun, now=now, deadline_s=DEADLINE_SECONDS)
    # Only a run that ended here has surely written all that the object in hand says.
    if run.state in states.FINISHED and hand.keeps(payment.id, epoch=run.epoch):
        return hand.payment or payment
    payment.refresh_from_db()
    return payment


def _declined(decline_code: str) -> CardDeclined:
    return CardDeclined(decline_code=decline_code) if decline_code else CardDeclined()


def _device(given: Mapping[str, Any], user_agent: str) -> dict[str, Any]:
    """Only the listed fields, cut to length; the rest of what a browser sends is not kept.

    What would know a device again is kept as a keyed digest.
    """
    device: dict[str, Any] = {
        name: str(given[name])[:longest] for name, longest in DEVICE_FIELDS.items() if name in given
    }
    for name, longest in DEVICE_MARKS.items():
        if given.get(name):
            device[name] = blind_index(str(given[name])[:longest], f"payments.device.{name}")
    device.setdefault("user_agent", user_agent[:512])
    for name, kind in (("seconds_on_form", int), ("webdriver", bool)):
        if type(given.get(name)) is kind:
            device[name] = given[name]
    return device
