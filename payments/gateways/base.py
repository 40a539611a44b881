"""What a payment gateway promises us, in plain values: the facts it knows and the ways it can fail.

Five ways, because they call for five different answers: the bank said no (Declined: tell), nobody knows
what happened (Unreachable: ask again, never guess), not now (Busy: later), our mistake (Rejected: a bug),
and nothing left to do (AlreadyDone: read the present state).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.errors import Unavailable
from payments.models.stateful import Moving


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that we want done, by the name under which the gateway keeps it."""

    id: str
    payment_id: UUID
    moving: Moving | None = None  # moves our own row in the statement that writes the intent


@dataclass(frozen=True, slots=True)
class Card:
    """What may be kept of a card; "" where the gateway does not say."""

    brand: str = ""
    country: str = ""
    funding: str = ""
    last4: str = ""
    fingerprint: str = ""
    cvc_check: str = ""
    postcode_check: str = ""
    three_d_secure: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmationToken:
    """What the customer typed into the gateway's own form, not yet tried at any bank."""

    id: str
    type: str
    card: Card
    email: str
    billing_country: str
    billing_postcode: str
    billing_state: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    id: str
    card: Card
    amount_captured: int
    amount_refunded: int
    disputed: bool
    capture_before: datetime | None
    risk_score: int | None
    risk_level: str
    outcome: str


@dataclass(frozen=True, slots=True)
class GatewayPayment:
    """`status` is the gateway's own word; `failure` is why it fell back to asking for another card."""

    id: str
    status: str
    amount: int
    currency: str
    amount_capturable: int
    amount_received: int
    client_secret: str
    operation_id: str
    charge: Charge | None
    failure: "Failure | None"
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    code: str
    decline_code: str


@dataclass(frozen=True, slots=True)
class GatewayRefund:
    id: str
    status: str
    amount: int
    currency: str
    payment_id: str
    charge_id: str
    operation_id: str
    failure_reason: str
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GatewayDispute:
    id: str
    status: str
    amount: int
    currency: str
    payment_id: str
    charge_id: str
    reason: str
    due_at: datetime | None
    created_at: datetime
    operation_id: str = ""


@dataclass(frozen=True, slots=True)
class GatewayBalance:
    """One movement of our balance there. Amounts may be below zero; `source` caused it."""

    id: str
    kind: str
    source: str
    amount: int
    fee: int
    currency: str
    created_at: datetime
    available_at: datetime


@dataclass(frozen=True, slots=True)
class GatewayPayout:
    id: str
    amount: int
    currency: str
    status: str
    created_at: datetime
    arrives_at: datetime


@dataclass(frozen=True, slots=True)
class GatewayWarning:
    """The card's bank calls a payment fraud. `actionable`: it is neither disputed nor given back in full."""

    id: str
    fraud_type: str
    actionable: bool
    payment_id: str
    charge_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """The listed fields of a signed message. `data` is never kept."""

    id: str
    type: str
    account: str
    livemode: bool
    api_version: str
    created_at: datetime
    object_type: str
    object_id: str
    payment_id: str
    charge_id: str
    operation_id: str


class GatewayError(Exception):
    """`code` is the gateway's, safe to log."""

    def __init__(self, code: str = "", **facts: Any) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code or type(self).__name__)


class Declined(GatewayError):
    """The bank (or the gateway's own risk rules) said no. Nothing was taken."""

    def __init__(
        self, code: str, decline_code: str = "", payment: GatewayPayment | None = None
    ) -> None:
        super().__init__(code)
        self.decline_code = decline_code
        self.payment = payment


class Rejected(GatewayError):
    """The request was refused as wrong: our bug, or a value of the customer's that is not what it claims."""


class Missing(Rejected):
    """The gateway knows no such object."""


class AlreadyDone(GatewayError):
    """The object has moved on; read it again."""


class _NotNow(Unavailable):
    code = "payments_unavailable"
    detail = "We can’t take cards right now. Nothing was taken. Try again in a few minutes."

    def __init__(self, code: str = "", *, retry_after: int | None = None) -> None:
        self.gateway_code = code
        super().__init__()
        if retry_after is not None:
            self.extra["retry_after"] = retry_after


class Unreachable(_NotNow):
    """No usable answer: the request may have been carried out."""


class NotSent(Unreachable):
    """No connection came about: the request was certainly not carried out."""


class HeldBack(NotSent):
    """We left the gateway alone: nothing was sent, and no intent to send was written down."""


class Busy(_NotNow):
    """Refused for now and certainly not carried out by this request."""
