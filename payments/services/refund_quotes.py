"""What a refund would be, before anybody decides: the policy's amount, what is left, what the paper will say.

Several payments may have paid for one booking: its price, and the difference of each move to a dearer date.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.money import Money
from courses import policy
from courses import selectors as courses
from courses.selectors import Booking
from payments import selectors
from payments.models import Payment, Refund, RefundReason, RefundStatus

RELEASED = (RefundStatus.REJECTED, RefundStatus.FAILED)

Part = tuple[Payment, Money]
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


def together_with(payment: Payment) -> list[Payment]:
    """All that paid for the same booking, newest first. What paid for nothing stands alone."""
    others = selectors.paying(payment.booking_id)
    return others if any(each.pk == payment.pk for each in others) else [payment]


def spread(payments: Sequence[Payment], amount: Money) -> list[Part]:
    """From the newest on, as far as each goes. What is too much is asked of the last, which refuses it."""
    parts = []
    for payment in payments[:-1]:
        part = min(amount, payment.refundable)
        if part:
            parts.append((payment, part))
        amount -= part
    return [*parts, (payments[-1], amount)] if amount else parts


def quote(
    *,
    payments: Sequence[Payment],
    booking: Booking,
    leaving: Collection[UUID | str] | None = None,
    now: datetime,
) -> RefundQuote:
    """The policy's amount for the places of these attendees (None: for all that are left), as the customer
    sees it, and never more than is left. Money that went back without a place is counted against it."""
    currency = booking.currency
    shares, returned = _shares(payments, booking, leaving)
    refundable = Money.total((each.refundable for each in payments), currency)
    by_policy = policy.refund_quote(
        booking.policy,
        booking.session.starts_at,
        Money.total(shares, currency),
        now,
        places=len(shares) or 1,
        booked_at=booking.confirmed_at,
        is_consumer=booking.customer is not None and not booking.customer.company,
        early_start_consent=booking.early_start_consent,
    )
    left = max(by_policy.refund - returned, Money.zero(currency))
    return RefundQuote(
        paid=Money.total((each.captured for each in payments), currency),
        returned=Money.total((each.refunded for each in payments), currency),
        refundable=refundable,
        policy_amount=min(left, refundable),
        explanation=by_policy.explanation,
    )


def price_of(booking: Booking, leaving: Collection[UUID | str]) -> Money:
    """What the places of these attendees cost."""
    costs, wanted = courses.place_costs(booking), {str(each) for each in leaving}
    return Money.total((cost for key, cost in costs.items() if key in wanted), booking.currency)


def credit_lines(
    *, payment: Payment, amount_minor: int, retry_of: Refund | None = None
) -> list[list[int]]:
    """What a refund decided now takes of each line that was sold; kept with it, and its credit note says so."""
    return _papers[0](
        payment_id=payment.id,
        amount_minor=amount_minor,
        retry_of=None if retry_of is None else retry_of.id,
    )


def preview(*, payments: Sequence[Payment], amount: Money) -> Preview:
    """The sums of the credit notes, one for each payment that it comes from, if this is decided now."""
    lines = [
        line
        for payment, part in spread(payments, amount)
        for line in credit_lines(payment=payment, amount_minor=part.minor)
    ]
    return preview_of(lines, amount)


def preview_of(lines: list[list[int]], amount: Money) -> Preview:
    gross = Money(sum(each[1] for each in lines), amount.currency)
    vat = Money(sum(each[2] for each in lines), amount.currency)
    return Preview(amount=amount, net=gross - vat, vat=vat)


def _shares(
    payments: Sequence[Payment], booking: Booking, leaving: Collection[UUID | str] | None
) -> tuple[list[Money], Money]:
    """What each leaving place cost, and what has gone back for them already.

    Of a booking without places, what its places cost is all of it, and so is what went back.
    """
    costs = courses.place_costs(booking)
    active = [str(each.pk) for each in booking.attendees.all() if each.is_active]
    if not active:
        returned = Money.total((each.refunded for each in payments), booking.currency)
        return list(costs.values()), returned - _for_moves(payments)
    wanted = set(active) if leaving is None else {str(each) for each in leaving}
    shares = [cost for key, cost in costs.items() if key in active and key in wanted]
    return shares, _without_places(payments)


def _without_places(payments: Sequence[Payment]) -> Money:
    """What a move gave back is not among it: the places cost less since."""
    return Money.total(
        (
            each.amount
            for each, decided in _kept_refunds(payments)
            if not decided.cancels_places and decided.reason != RefundReason.MOVED
        ),
        payments[0].currency,
    )


def _for_moves(payments: Sequence[Payment]) -> Money:
    kept = _kept_refunds(payments)
    moved = (each for each, decided in kept if decided.reason == RefundReason.MOVED)
    return Money.total((each.amount for each in moved), payments[0].currency)


def _kept_refunds(payments: Sequence[Payment]) -> list[tuple[Refund, Refund]]:
    """Each with the one that was decided first: tried again, it is still for what that was for."""
    refunds = {each.pk: each for each in selectors.refunds_of(payments[0].booking_id)}
    keys = {each.pk for each in payments}
    return [
        (each, _first_of(each, refunds))
        for each in refunds.values()
        if each.payment_id in keys and each.status not in RELEASED
    ]


def _first_of(refund: Refund, refunds: Mapping[UUID, Refund]) -> Refund:
    while refund.retry_of_id is not None:
        refund = refunds[refund.retry_of_id]
    return refund
