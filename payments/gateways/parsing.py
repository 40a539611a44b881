"""Stripe's answers into our plain values. What does not have the promised shape is Garbled, never "paid"."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar

from payments.gateways.base import (
    Card,
    Charge,
    ConfirmationToken,
    Failure,
    GatewayBalance,
    GatewayDispute,
    GatewayEvent,
    GatewayPayment,
    GatewayPayout,
    GatewayRefund,
    GatewayWarning,
    Unreachable,
)

Raw = Mapping[str, Any]
Parsed = TypeVar("Parsed")


class Garbled(Unreachable):
    """An answer that we can't read tells nothing of what happened."""


def _strict(parse: Callable[[Raw], Parsed]) -> Callable[[Raw], Parsed]:
    @wraps(parse)
    def parsed(raw: Raw) -> Parsed:
        try:
            return parse(raw)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Garbled("unreadable_answer") from error

    return parsed


@_strict
def confirmation_token(raw: Raw) -> ConfirmationToken:
    preview = raw["payment_method_preview"]
    billing = preview.get("billing_details") or {}
    address = billing.get("address") or {}
    return ConfirmationToken(
        id=raw["id"],
        type=preview["type"],
        card=_card(preview.get("card") or {}),
        email=billing.get("email") or "",
        billing_country=address.get("country") or "",
        billing_postcode=address.get("postal_code") or "",
        billing_state=address.get("state") or "",
    )


@_strict
def payment(raw: Raw) -> GatewayPayment:
    return GatewayPayment(
        id=raw["id"],
        status=raw["status"],
        amount=_whole(raw["amount"]),
        currency=raw["currency"].upper(),
        amount_capturable=_whole(raw.get("amount_capturable") or 0),
        amount_received=_whole(raw.get("amount_received") or 0),
        client_secret=raw.get("client_secret") or "",
        operation_id=(raw.get("metadata") or {}).get("operation_id", ""),
        charge=_charge(raw.get("latest_charge")),
        failure=_failure(raw.get("last_payment_error")),
        created_at=_moment(raw.get("created")),
    )


@_strict
def refund(raw: Raw) -> GatewayRefund:
    return GatewayRefund(
        id=raw["id"],
        status=raw["status"],
        amount=_whole(raw["amount"]),
        currency=raw["currency"].upper(),
        payment_id=id_of(raw.get("payment_intent")),
        charge_id=id_of(raw.get("charge")),
        operation_id=(raw.get("metadata") or {}).get("operation_id", ""),
        failure_reason=raw.get("failure_reason") or "",
        created_at=_moment(raw.get("created")),
    )


@_strict
def dispute(raw: Raw) -> GatewayDispute:
    return GatewayDispute(
        id=raw["id"],
        status=raw["status"],
        amount=_whole(raw["amount"]),
        currency=raw["currency"].upper(),
        payment_id=id_of(raw.get("payment_intent")),
        charge_id=id_of(raw.get("charge")),
        reason=raw.get("reason") or "",
        due_at=_moment((raw.get("evidence_details") or {}).get("due_by")),
        created_at=datetime.fromtimestamp(raw["created"], UTC),
        operation_id=(raw.get("metadata") or {}).get("operation_id", ""),
    )


@_strict
def balance(raw: Raw) -> GatewayBalance:
    return GatewayBalance(
        id=_name(raw["id"]),
        kind=_name(raw["reporting_category"]),
        source=id_of(raw.get("source")),
        amount=_signed(raw["amount"]),
        fee=_signed(raw["fee"]),
        currency=raw["currency"].upper(),
        created_at=datetime.fromtimestamp(_whole(raw["created"]), UTC),
        available_at=datetime.fromtimestamp(_whole(raw["available_on"]), UTC),
    )


@_strict
def payout(raw: Raw) -> GatewayPayout:
    return GatewayPayout(
        id=_name(raw["id"]),
        amount=_signed(raw["amount"]),
        currency=raw["currency"].upper(),
        status=_name(raw["status"]),
        created_at=datetime.fromtimestamp(_whole(raw["created"]), UTC),
        arrives_at=datetime.fromtimestamp(_whole(raw["arrival_date"]), UTC),
    )


@_strict
def fraud_warning(raw: Raw) -> GatewayWarning:
    return GatewayWarning(
        id=raw["id"],
        fraud_type=raw.get("fraud_type") or "",
        actionable=bool(raw["actionable"]),
        payment_id=id_of(raw.get("payment_intent")),
        charge_id=id_of(raw.get("charge")),
        created_at=datetime.fromtimestamp(raw["created"], UTC),
    )


@_strict
def event(raw: Raw) -> GatewayEvent:
    what = raw["data"]["object"]
    object_type = what.get("object") or ""
    payment_id = (
        what["id"] if object_type == "payment_intent" else id_of(what.get("payment_intent"))
    )
    charge_id = what["id"] if object_type == "charge" else id_of(what.get("charge"))
    return GatewayEvent(
        id=_name(raw["id"]),
        type=_name(raw["type"]),
        account=raw.get("account") or "",
        livemode=_truth(raw["livemode"]),
        api_version=raw.get("api_version") or "",
        created_at=datetime.fromtimestamp(_whole(raw["created"]), UTC),
        object_type=object_type,
        object_id=what.get("id") or "",
        payment_id=payment_id or "",
        charge_id=charge_id or "",
        operation_id=(what.get("metadata") or {}).get("operation_id", ""),
    )


def id_of(value: Any) -> str:
    """An expandable field is an id or the whole object."""
    if isinstance(value, Mapping):
        return str(value["id"])
    return value or ""


def _charge(raw: Any) -> Charge | None:
    if not isinstance(raw, Mapping):
        return None
    outcome = raw.get("outcome") or {}
    details = (raw.get("payment_method_details") or {}).get("card") or {}
    return Charge(
        id=raw["id"],
        card=_card(details),
        amount_captured=_whole(raw.get("amount_captured") or 0),
        amount_refunded=_whole(raw.get("amount_refunded") or 0),
        disputed=bool(raw.get("disputed")),
        capture_before=_moment(details.get("capture_before")),
        risk_score=outcome.get("risk_score"),
        risk_level=outcome.get("risk_level") or "",
        outcome=outcome.get("type") or "",
    )


def _card(raw: Raw) -> Card:
    checks = raw.get("checks") or {}
    secure = raw.get("three_d_secure") or {}
    return Card(
        brand=raw.get("brand") or "",
        country=raw.get("country") or "",
        funding=raw.get("funding") or "",
        last4=raw.get("last4") or "",
        fingerprint=raw.get("fingerprint") or "",
        cvc_check=checks.get("cvc_check") or "",
        postcode_check=checks.get("address_postal_code_check") or "",
        three_d_secure=secure.get("result") or "",
    )


def _failure(raw: Any) -> Failure | None:
    if not raw:
        return None
    return Failure(code=raw.get("code") or "", decline_code=raw.get("decline_code") or "")


def _whole(value: Any) -> int:
    """JSON has 1.0 and true for a number; money has not."""
    if type(value) is not int or value < 0:
        raise ValueError("not a whole amount")
    return value


def _signed(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("not a whole amount")
    return value


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("not a truth value")
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("not a name")
    return value


def _moment(value: Any) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(value, UTC)
