"""What a refund would be, before anybody decides: the policy's amount, what is left, what the paper will say."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.money import Money
from courses import policy
from courses.selectors import Booking
from payments import selectors
from payments.models import Payment, Refund, RefundStatus

RELEASED = (RefundStatus.REJECTED, RefundStatus.FAILED)

Paper = Callable[..., list[list[int]]]
_papers: list[Paper] = []


@dataclass(frozen=True, slots=True)
class RefundQuote:
    paid: Money
    returned: Money
    refundable: Money
    policy_amount: Money
    explanation: str


@dataclass(frozen=True, slots=True)
class Preview:
    amount: Money
    net: Money
    vat: Money


def credited_by(paper: Paper) -> None:
    """Whoever writes credit notes decides what each takes back: `paper(payment_id=…, amount_minor=…, retry_of=…)`
    answers a row for each line: its place, gross and VAT in pennies."""
    _papers[:] = [paper]


def quote(
    *,
    payment: Payment,
    booking: Booking,
    leaving: Collection[UUID | str] | None = None,
    now: datetime,
) -> RefundQuote:
    """The policy's amount for the places of these attendees (None: for all that are left), as the customer
    sees it, and never more than is left. Money that went back without a place is counted against it."""
    shares, returned = _shares(payment, booking, leaving)
    by_policy = policy.refund_quote(
        booking.policy,
        booking.session.starts_at,
        Money.total(shares, payment.currency),
        now,
        places=len(shares) or 1,
        booked_at=booking.confirmed_at,
        is_consumer=booking.customer is not None and not booking.customer.company,
        early_start_consent=booking.early_start_consent,
    )
    left = max(by_policy.refund - returned, Money.zero(payment.currency))
    return RefundQuote(
        paid=payment.captured,
        returned=payment.refunded,
        refundable=payment.refundable,
        policy_amount=min(left, payment.refundable),
        explanation=by_policy.explanation,
    )


def credit_lines(
    *, payment: Payment, amount_minor: int, retry_of: Refund | None = None
) -> list[list[int]]:
    """What a refund decided now takes of each line that was sold; kept with it, and its credit note says so."""
    return _papers[0](
        payment_id=payment.id,
        amount_minor=amount_minor,
        retry_of=None if retry_of is None else retry_of.id,
    )


def preview(*, payment: Payment, amount: Money) -> Preview:
    """The sums of the credit note, if this is decided now."""
    return preview_of(credit_lines(payment=payment, amount_minor=amount.minor), amount)


def preview_of(lines: list[list[int]], amount: Money) -> Preview:
    gross = Money(sum(each[1] for each in lines), amount.currency)
    vat = Money(sum(each[2] for each in lines), amount.currency)
    return Preview(amount=amount, net=gross - vat, vat=vat)


def _shares(
    payment: Payment, booking: Booking, leaving: Collection[UUID | str] | None
) -> tuple[list[Money], Money]:
    """What each leaving place cost, and what has gone back for them already.

    Of a booking without places, what its places cost is all of it, and so is what went back.
    """
    people = sorted(booking.attendees.all(), key=lambda each: each.position)
    costs = list(zip(people, booking.total.split(len(people)), strict=True))
    if not any(each.is_active for each in people):
        return [cost for _, cost in costs], payment.refunded
    wanted = None if leaving is None else {str(each) for each in leaving}
    shares = [
        cost
        for each, cost in costs
        if each.is_active and (wanted is None or str(each.pk) in wanted)
    ]
    return shares, _without_places(payment)


def _without_places(payment: Payment) -> Money:
    refunds = selectors.refunds_of(payment.booking_id)
    amounts = (
        each.amount
        for each in refunds
        if each.payment_id == payment.id and not each.cancels_places and each.status not in RELEASED
    )
    return Money.total(amounts, payment.currency)
