from .dispute import Dispute, DisputeTransition
from .fraud_warning import FraudWarning
from .gateway_call import GatewayCall
from .payment import Payment, PaymentTransition
from .refund import Refund, RefundReason, RefundTransition
from .stateful import MovedMeanwhile, WrongState
from .states import DisputeStatus, PaymentStatus, RefundStatus
from .stray_money import StrayKind, StrayMoney, StrayStatus
from .webhook_event import WebhookEvent, WebhookState

__all__ = [
    "Dispute",
    "DisputeStatus",
    "DisputeTransition",
    "FraudWarning",
    "GatewayCall",
    "MovedMeanwhile",
    "Payment",
    "PaymentStatus",
    "PaymentTransition",
    "Refund",
    "RefundReason",
    "RefundStatus",
    "RefundTransition",
    "StrayKind",
    "StrayMoney",
    "StrayStatus",
    "WebhookEvent",
    "WebhookState",
    "WrongState",
]
