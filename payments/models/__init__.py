from .cancellation_quote import CancellationQuote
from .dispute import Dispute, DisputeTransition
from .dispute_answer import AnswerKind, DisputeAnswer, DisputeAnswerTransition
from .fraud_warning import FraudWarning
from .gateway_call import GatewayCall
from .ledger import Account, LedgerEntry, LedgerMovement, LedgerSeal, Line, MovementKind
from .payment import Payment, PaymentTransition
from .reconciliation import Difference, DifferenceKind, DifferenceStatus, Reconciliation
from .refund import STAFF_REASONS, Refund, RefundReason, RefundTransition
from .session_cancellation import (
    CalledOffBooking,
    CalledOffBookingTransition,
    CallOffReason,
    SessionCancellation,
)
from .settlement import BalanceTransaction, Payout
from .stateful import MovedMeanwhile, WrongState
from .states import AnswerStatus, CalledOffStatus, DisputeStatus, PaymentStatus, RefundStatus
from .stray_money import StrayKind, StrayMoney, StrayStatus
from .webhook_event import WebhookEvent, WebhookState

__all__ = [
    "STAFF_REASONS",
    "Account",
    "AnswerKind",
    "AnswerStatus",
    "BalanceTransaction",
    "CallOffReason",
    "CalledOffBooking",
    "CalledOffBookingTransition",
    "CalledOffStatus",
    "CancellationQuote",
    "Difference",
    "DifferenceKind",
    "DifferenceStatus",
    "Dispute",
    "DisputeAnswer",
    "DisputeAnswerTransition",
    "DisputeStatus",
    "DisputeTransition",
    "FraudWarning",
    "GatewayCall",
    "LedgerEntry",
    "LedgerMovement",
    "LedgerSeal",
    "Line",
    "MovedMeanwhile",
    "MovementKind",
    "Payment",
    "PaymentStatus",
    "PaymentTransition",
    "Payout",
    "Reconciliation",
    "Refund",
    "RefundReason",
    "RefundStatus",
    "RefundTransition",
    "SessionCancellation",
    "StrayKind",
    "StrayMoney",
    "StrayStatus",
    "WebhookEvent",
    "WebhookState",
    "WrongState",
]
