"""What a refund would be, before anybody decides: the policy's amount, what is left, what the paper will say."""

from dataclasses import dataclass
from datetime import datetime

from core.money import Money
from courses import policy
from courses.selectors import Booking
from payments.models import Payment

WHOLE_BP = 10_000


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


def quote(*, payment: Payment, booking: Booking, now: datetime) -> RefundQuote:
    """The policy's amount as the customer sees it, and never more than is left."""
    by_policy = policy.refund_quote(
        booking.policy,
        booking.session.starts_at,
        booking.total,
        now,
        places=booking.places,
        booked_at=booking.confirmed_at,
        is_consumer=booking.customer is not None and not booking.customer.company,
        early_start_consent=booking.early_start_consent,
    )
    left = max(by_policy.refund - payment.refunded, Money.zero(payment.currency))
    return RefundQuote(
        paid=payment.captured,
        returned=payment.refunded,
        refundable=payment.refundable,
        policy_amount=min(left, payment.refundable),
        explanation=by_policy.explanation,
    )


def preview(*, booking: Booking, amount: Money) -> Preview:
    """The credit note's sums, at the booking's own rate."""
    rate_bp = booking.lines[0]["vat_rate_bp"] if booking.lines else 0
    net = amount.ratio(WHOLE_BP, WHOLE_BP + rate_bp)
    return Preview(amount=amount, net=net, vat=amount - net)
