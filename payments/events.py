"""What happened to money, for whoever cares. Ids and plain values only."""

from dataclasses import dataclass
from typing import ClassVar

from core.outbox.events import Event


@dataclass(frozen=True)
class PaymentSucceeded(Event):
    """The money is ours. Whether the booking has its places is `BookingConfirmed`'s to say."""

    name: ClassVar[str] = "payments.payment_succeeded"
    version: ClassVar[int] = 1

    payment_id: str
    booking_id: str
    amount_minor: int
    currency: str
    at: str


@dataclass(frozen=True)
class PaymentFailed(Event):
    """Nothing was taken. `group` is declined, authentication, unreachable, abandoned, lapsed or error."""

    name: ClassVar[str] = "payments.payment_failed"
    version: ClassVar[int] = 1

    payment_id: str
    booking_id: str
    group: str
    at: str


@dataclass(frozen=True)
class PaymentBlocked(Event):
    """Our own risk rules stopped it; nothing was taken and the places are free again."""

    name: ClassVar[str] = "payments.payment_blocked"
    version: ClassVar[int] = 1

    payment_id: str
    booking_id: str
    at: str


@dataclass(frozen=True)
class MoveNotMade(Event):
    """A payment for a dearer date was let go when its customer no longer looked on; nothing was taken."""

    name: ClassVar[str] = "payments.move_not_made"
    version: ClassVar[int] = 1

    payment_id: str
    booking_id: str
    at: str


@dataclass(frozen=True)
class PaymentUnderReview(Event):
    """Authorised, not taken: a person decides by `promise_at`."""

    name: ClassVar[str] = "payments.payment_under_review"
    version: ClassVar[int] = 1

    payment_id: str
    booking_id: str
    promise_at: str
    at: str


@dataclass(frozen=True)
class ReviewPostponed(Event):
    """A person decides later than was promised; `why` is asked_to_call or held."""

    name: ClassVar[str] = "payments.review_postponed"
    version: ClassVar[int] = 1

    case_id: str
    payment_id: str
    booking_id: str
    why: str
    promise_at: str
    at: str


@dataclass(frozen=True)
class PaymentDeclinedByReview(Event):
    """A person said no, or nobody said yes in time; the authorisation was released."""

    name: ClassVar[str] = "payments.payment_declined_by_review"
    version: ClassVar[int] = 1

    payment_id: str
    booking_id: str
    decision: str
    at: str


@dataclass(frozen=True)
class RefundSucceeded(Event):
    name: ClassVar[str] = "payments.refund_succeeded"
    version: ClassVar[int] = 1

    refund_id: str
    payment_id: str
    booking_id: str
    amount_minor: int
    currency: str
    reason: str
    at: str


@dataclass(frozen=True)
class RefundFailed(Event):
    """The money did not arrive, perhaps after it had been reported sent (`after_success`)."""

    name: ClassVar[str] = "payments.refund_failed"
    version: ClassVar[int] = 1

    refund_id: str
    payment_id: str
    booking_id: str
    amount_minor: int
    currency: str
    after_success: bool
    at: str


@dataclass(frozen=True)
class LateMoneyReturned(Event):
    """It was paid, but no place was left: all of it is on its way back."""

    name: ClassVar[str] = "payments.late_money_returned"
    version: ClassVar[int] = 1

    payment_id: str
    booking_id: str
    amount_minor: int
    currency: str
    at: str


@dataclass(frozen=True)
class StrayMoneyReturned(Event):
    """It was paid after it had ended here; a person has sent all of it back."""

    name: ClassVar[str] = "payments.stray_money_returned"
    version: ClassVar[int] = 1

    stray_id: str
    payment_id: str
    booking_id: str
    amount_minor: int
    currency: str
    at: str


@dataclass(frozen=True)
class DisputeOpened(Event):
    name: ClassVar[str] = "payments.dispute_opened"
    version: ClassVar[int] = 1

    dispute_id: str
    payment_id: str
    booking_id: str
    amount_minor: int
    currency: str
    at: str


@dataclass(frozen=True)
class BookingCalledOff(Event):
    """We cancelled the date of this booking: it has ended, or its customer chooses what happens."""

    name: ClassVar[str] = "payments.booking_called_off"
    version: ClassVar[int] = 1

    booking_id: str
    at: str
