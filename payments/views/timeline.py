"""What happened to a booking, in sentences for its customer, newest first."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from core import formats
from courses import selectors as courses
from courses.selectors import Booking
from payments import selectors
from payments.models import Payment, Refund, RefundStatus

BY_ACTION = {
    "hold": "Places held",
    "review": "We’re checking your booking",
    "confirm": "Booked",
    "cancel": "Booking cancelled",
    "cancel_places": "Places cancelled",
    "move": "Moved to another date",
    "release": "Booking not confirmed, nothing was taken",
    "expire": "Places went back on sale",
    "expire_payment": "Places went back on sale",
    "renew": "Places held again",
}
BY_REFUND: dict[str, str] = {
    RefundStatus.REQUESTED: "{amount} asked for, a colleague checks it",
    RefundStatus.APPROVED: "{amount} is being sent back to {card}",
    RefundStatus.IN_FLIGHT: "{amount} is being sent back to {card}",
    RefundStatus.UNKNOWN: "{amount} is being sent back to {card}",
    RefundStatus.PENDING: "{amount} is on its way back to {card}",
    RefundStatus.SUCCEEDED: "{amount} sent back to {card}",
    RefundStatus.FAILED: "Your bank sent {amount} back to us. Call us.",
    RefundStatus.SETTLED_BY_HAND: "{amount} sent back by bank transfer",
}


@dataclass(frozen=True)
class Happening:
    at: dt.datetime
    words: str


def of(booking: Booking, payments: Sequence[Payment]) -> list[Happening]:
    """All that happened to it, the latest first; `payments` are all of the booking."""
    steps = [
        Happening(row.at, BY_ACTION[row.action])
        for row in courses.history(booking_id=booking.pk)
        if row.action in BY_ACTION
    ]
    paid = [_paid(each, each.captured_at) for each in payments if each.captured_at]
    refunds = [
        _refunded(each) for each in selectors.refunds_of(booking.pk) if each.status in BY_REFUND
    ]
    return sorted(steps + paid + refunds, key=lambda each: each.at, reverse=True)


def card_in_words(payment: Payment) -> str:
    """the Visa card ending 4242."""
    brand = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express"}.get(
        payment.card_brand, payment.card_brand.replace("_", " ").title()
    )
    return f"the {brand} card ending {payment.card_last4}" if payment.card_last4 else "your card"


def cards_in_words(payments: Sequence[Payment]) -> str:
    """One card as above; several, for people who paid with more than one."""
    cards = {card_in_words(each) for each in payments}
    return cards.pop() if len(cards) == 1 else "the cards that you paid with"


def _paid(payment: Payment, at: dt.datetime) -> Happening:
    words = f"{formats.money(payment.captured)} paid with {card_in_words(payment)}"
    return Happening(at, words)


def _refunded(refund: Refund) -> Happening:
    amount, card = formats.money(refund.amount), card_in_words(refund.payment)
    return Happening(refund.changed_at, BY_REFUND[refund.status].format(amount=amount, card=card))
