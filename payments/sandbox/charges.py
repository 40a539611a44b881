"""Charges: one for each attempt that reached the card, with what the bank and Radar said."""

import secrets
from typing import Any

from . import payment_methods, wire
from .books import Books, Json
from .call import Call
from .cards import Card, Decline

HOLD_SECONDS = 7 * 86400
UNAVAILABLE = {"status": "unavailable"}


def retrieve(call: Call) -> Json:
    return call.books.get("charge", call.id)


def index(call: Call) -> Json:
    return wire.listing(call.books, call.request, "charge", links=("payment_intent", "customer"))


def add(
    books: Books,
    intent: Json,
    method: Json,
    *,
    decline: Decline | None = None,
    three_d_secure: Json | None = None,
    base_url: str = "",
) -> Json:
    """A charge of the whole amount: failed, or authorised and not yet captured."""
    card = payment_methods.card_of(method)
    charge_id = books.new_id("charge")
    failed = decline is not None or card.blocked
    charge = {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "SANDBOX",
        "captured": False,
        "created": books.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": (decline.code if decline else "card_declined") if failed else None,
        "failure_message": (decline.message if decline else "Your card was declined.")
        if failed
        else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": _outcome(card, decline),
        "paid": not failed,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {
            "card": _details(
                books, intent, method, card, failed=failed, three_d_secure=three_d_secure
            ),
            "type": "card",
        },
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None if failed else f"{base_url}/receipts/{charge_id}",
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "failed" if failed else "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }
    return books.add(charge)


def card_of(books: Books, charge: Json) -> Card:
    return payment_methods.card_of(books.get("payment_method", charge["payment_method"]))


def _outcome(card: Card, decline: Decline | None) -> Json:
    outcome: dict[str, Any] = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": card.risk_level,
        "risk_score": card.risk_score,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if card.blocked:
        outcome |= {
            "network_status": "not_sent_to_network",
            "reason": "highest_risk_level",
            "seller_message": "Stripe blocked this payment as too risky.",
            "type": "blocked",
        }
    elif decline is not None:
        outcome |= {
            "advice_code": "try_again_later",
            "network_status": "declined_by_network",
            "reason": decline.decline_code or decline.code,
            "seller_message": "The bank did not return any further details with this decline.",
            "type": "issuer_declined",
        }
    elif card.risk_level == "elevated":
        outcome |= {
            "reason": "elevated_risk_level",
            "seller_message": "Stripe evaluated this payment as having elevated risk, and placed"
            " it in your manual review queue.",
            "type": "manual_review",
        }
    return outcome


def _details(
    books: Books,
    intent: Json,
    method: Json,
    card: Card,
    *,
    failed: bool,
    three_d_secure: Json | None,
) -> Json:
    shown = method["card"]
    postcode = method["billing_details"]["address"]["postal_code"]
    details = {
        "amount_authorized": None if failed else intent["amount"],
        "authorization_code": None if failed else secrets.token_hex(3),
        "brand": shown["brand"],
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": card.postcode_check if postcode else None,
            "cvc_check": card.cvc_check,
        },
        "country": shown["country"],
        "exp_month": shown["exp_month"],
        "exp_year": shown["exp_year"],
        "extended_authorization": {"status": "disabled"},
        "fingerprint": shown["fingerprint"],
        "funding": shown["funding"],
        "incremental_authorization": UNAVAILABLE,
        "installments": None,
        "last4": shown["last4"],
        "mandate": None,
        "multicapture": UNAVAILABLE,
        "network": shown["brand"],
        "network_token": {"used": False},
        "network_transaction_id": str(secrets.randbelow(10**15)),
        "overcapture": {"maximum_amount_capturable": intent["amount"], **UNAVAILABLE},
        "regulated_status": "unregulated",
        "three_d_secure": three_d_secure,
        "transaction_link_id": None,
        "wallet": None,
    }
    if intent["capture_method"] == "manual" and not failed:
        details["capture_before"] = books.now + HOLD_SECONDS
    return details
