"""Cancelling by the customer: an exact quote first, then what was quoted, once."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils.dateparse import parse_datetime

from core.database.transactions import rerun_on_conflict
from core.errors import Conflict, Gone, Invalid
from core.money import Money
from courses import selectors as courses
from courses.selectors import Booking
from courses.services import bookings
from payments import selectors
from payments.models import CancellationQuote, Payment, Refund, RefundReason
from payments.services import refund_limits, refund_quotes, refunds
from payments.services.refusals import DisputeOpen

SALT = "payments.cancellation"
SIGNED = (
    "id", "payment_id", "attendees", "price_minor", "refund_minor", "vat_minor", "explanation",
    "created_at", "valid_until",
)  # fmt: skip


class QuoteEnded(Gone):
    code = "quote_ended"
    detail = "The amount may have changed. Here it is again."


class NotCancellable(Conflict):
    code = "not_cancellable"
    detail = "This booking can’t be cancelled here. Call us and we’ll help."


class WeCancelled(Conflict):
    code = "we_cancelled"
    detail = (
        "We cancelled this date. Open your booking to choose another date, or all of your money."
    )


class NobodyLeaves(Invalid):
    def __init__(self) -> None:
        super().__init__(fields={"attendees": ["Choose who is not coming."]})


def quote(
    *, booking: Booking, attendee_ids: Collection[UUID | str] | None, now: datetime
) -> CancellationQuote:
    """What these places (None: all that are left) give back if they are cancelled within 15 minutes; writes nothing.

    Raises Invalid, NotCancellable, and DisputeOpen while the bank has the payment in question.
    """
    payments = _payments_of(booking, now)
    return _quoted(booking, payments, _leaving(booking, attendee_ids), now)


def offer(*, booking: Booking, now: datetime) -> tuple[Money, str]:
    """What cancelling all places gives back now, in money and in words: the quote without its paper's VAT.

    Raises NotCancellable, and DisputeOpen while the bank has the payment in question.
    """
    payments = _payments_of(booking, now)
    return _refund(booking, payments, _leaving(booking, None), now)


def number_of(given: CancellationQuote) -> str:
    """The quote as text that only we can write and that is of this booking alone."""
    said = {name: _plain(getattr(given, name)) for name in SIGNED}
    return signing.dumps([_stamp(given.booking), said], salt=SALT, compress=True)


def _stamp(booking: Booking) -> list[str]:
    """A quote is of one booking on one date; the next move ends it."""
    return [str(booking.pk), str(booking.session_id), str(booking.moved)]


@rerun_on_conflict
@transaction.atomic
def cancel(
    *, booking: Booking, number: str, attendee_ids: Collection[str] | None = None, now: datetime
) -> tuple[CancellationQuote, list[Refund]]:
    """Cancels the places of the quote and sends its amount back, newest payment first; a refund of each that it is from.

    `attendee_ids` are those whom the customer sees chosen, where that may differ. Raises QuoteEnded when its time is over, it was used, or what it says is no longer so; WeCancelled; then nothing has changed.
    """
    given, decided = _cancel(booking, number, attendee_ids, now)
    # Its date is locked by now: what it was a moment ago may no longer be so.
    after = courses.booking(booking.pk)
    if after.session.state == "cancelled":
        raise WeCancelled
    if _stamp(after) != _stamp(booking):
        raise QuoteEnded
    return given, decided


def _cancel(
    booking: Booking, number: str, attendee_ids: Collection[str] | None, now: datetime
) -> tuple[CancellationQuote, list[Refund]]:
    given = _given(booking, number, now)
    if attendee_ids is not None and set(attendee_ids) != set(given.attendees):
        raise QuoteEnded
    _use(given, now)
    active = {str(each.pk) for each in booking.attendees.all() if each.is_active}
    if booking.status != Booking.Status.CONFIRMED or not set(given.attendees) <= active:
        raise QuoteEnded
    if not given.refund_minor:
        bookings.cancel(
            booking_id=booking.pk, attendee_ids=given.attendees, cause="customer",
            actor=refund_limits.CUSTOMER, now=now,
        )  # fmt: skip
        return given, []
    decided = refunds.request_of_all(
        payments=selectors.paying(booking.pk),
        amount_minor=given.refund_minor,
        reason=RefundReason.POLICY,
        cancel_places=True,
        attendee_ids=given.attendees,
        actor=refund_limits.CUSTOMER,
        now=now,
    )
    return given, decided


def _payments_of(booking: Booking, now: datetime) -> list[Payment]:
    if booking.status != Booking.Status.CONFIRMED or booking.session.starts_at <= now:
        raise NotCancellable
    if booking.session.state == "cancelled":
        raise WeCancelled
    payments = selectors.paying(booking.pk)
    if payments and selectors.any_in_dispute(payments):
        raise DisputeOpen
    return payments


def _refund(
    booking: Booking, payments: Sequence[Payment], leaving: list[str], now: datetime
) -> tuple[Money, str]:
    if not payments:
        return Money(0), "Nothing was paid for this booking."
    given = refund_quotes.quote(payments=payments, booking=booking, leaving=leaving, now=now)
    return given.policy_amount, given.explanation


def _leaving(booking: Booking, attendee_ids: Collection[UUID | str] | None) -> list[str]:
    active = [str(each.pk) for each in booking.attendees.all() if each.is_active]
    if attendee_ids is None:
        return active
    wanted = {str(each) for each in attendee_ids}
    if not wanted:
        raise NobodyLeaves
    if unknown := wanted - set(active):
        words = f"Nobody with a place in this booking has the id {sorted(unknown)[0]}."
        raise Invalid(fields={"attendees": [words]})
    return [each for each in active if each in wanted]


def _quoted(
    booking: Booking, payments: Sequence[Payment], leaving: list[str], now: datetime
) -> CancellationQuote:
    refund, words = _refund(booking, payments, leaving, now)
    price, vat = Money(0), Money(0)
    if payments:
        price = max(refund_quotes.price_of(booking, leaving), refund)
        if refund:
            vat = refund_quotes.preview(payments=payments, amount=refund).vat
    return CancellationQuote(
        booking=booking, payment=payments[0] if payments else None, attendees=leaving, price_minor=price.minor,
        refund_minor=refund.minor, vat_minor=vat.minor, explanation=words, created_at=now,
        valid_until=now + timedelta(seconds=settings.CANCELLATION_QUOTE_SECONDS),
    )  # fmt: skip


def _given(booking: Booking, number: str, now: datetime) -> CancellationQuote:
    try:
        stamp, said = signing.loads(number, salt=SALT)
    except signing.BadSignature:
        raise QuoteEnded from None
    moments = {name: parse_datetime(said[name]) for name in ("created_at", "valid_until")}
    given = CancellationQuote(booking=booking, **{**said, **moments})
    if stamp != _stamp(booking) or now >= given.valid_until:
        raise QuoteEnded
    return given


def _use(given: CancellationQuote, now: datetime) -> None:
    """Of two who send the same quote, the second finds it used."""
    given.used_at = now
    try:
        with transaction.atomic():
            given.save(force_insert=True)
    except IntegrityError:
        raise QuoteEnded from None


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
