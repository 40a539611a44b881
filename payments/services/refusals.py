"""What payments refuses, in the words that people read."""

from core.errors import Conflict, Invalid, PaymentDeclined, Refused, Unavailable
from courses.services.refusals import AlreadyPaid, PaymentInProgress
from payments.selectors import PaymentNotFound, RefundNotFound

__all__ = [
    "AlreadyPaid",
    "CardDeclined",
    "DisputeOpen",
    "NotRefundable",
    "NotWaiting",
    "NothingToPay",
    "PaymentInProgress",
    "PaymentNotFound",
    "PaymentRefused",
    "PaymentsUnavailable",
    "RefundChanged",
    "RefundExceedsPayment",
    "RefundNotFound",
    "TokenUnusable",
    "TooManyRefusals",
    "TriedAgain",
]


class CardDeclined(PaymentDeclined):
    """`decline_code` in `extra` only where it tells the customer what to do."""

    code = "card_declined"
    detail = "This payment didn’t go through. Nothing was taken."


class PaymentRefused(Refused):
    """Our own no; never with a reason."""

    code = "payment_refused"
    detail = "We couldn’t take this payment. Nothing was taken."


class TooManyRefusals(Refused):
    code = "payment_refused"
    detail = "That’s several cards refused. Call us and we’ll help."


class PaymentsUnavailable(Unavailable):
    code = "payments_unavailable"
    detail = "We can’t take cards right now. Nothing was taken. Try again in a few minutes."


class TokenUnusable(Invalid):
    def __init__(self) -> None:
        super().__init__(fields={"confirmation_token": ["Enter your card details again."]})


class NothingToPay(Conflict):
    code = "nothing_to_pay"
    detail = "There is nothing to pay for this booking. Confirm it without a card."


class NotRefundable(Conflict):
    code = "not_refundable"
    detail = "This payment was never taken, so there is nothing to give back."


class TriedAgain(Conflict):
    code = "tried_again"
    detail = "This refund was tried again already. Look at the newer one."


class NotWaiting(Conflict):
    code = "not_waiting"
    detail = "Somebody has decided this refund already."


class RefundExceedsPayment(Conflict):
    code = "refund_exceeds_payment"
    detail = "That is more than can still be given back."


class RefundChanged(Conflict):
    code = "refund_changed"
    detail = "The credit note would say something else by now. Look at it again."


class DisputeOpen(Conflict):
    code = "dispute_open"
    detail = "This payment is disputed at the bank. Answer the dispute instead."
