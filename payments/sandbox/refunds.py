"""Refunds: several to a charge, never above what was taken; some stay pending, some fail later."""

import secrets

from . import balance, charges, early_fraud_warnings, errors, params, reviews, wire
from .books import Books, Json
from .call import Call

SETTLES_SECONDS = 30
CREATE = {
    "amount": params.amount,
    "charge": params.text,
    "payment_intent": params.text,
    "reason": params.choice("duplicate", "fraudulent", "requested_by_customer"),
    "metadata": params.metadata,
    "currency": params.text,
    "instructions_email": params.text,
}


def create(call: Call) -> Json:
    given = call.read(CREATE)
    books = call.books
    charge = _charge(books, given)
    amount = given.get("amount", charge["amount_captured"] - charge["amount_refunded"])
    _refuse(books, charge, amount)
    card = charges.card_of(books, charge)
    refund = books.add(_build(books, charge, amount, given, card.refund == "pending"))
    if refund["status"] == "succeeded":
        refund["balance_transaction"] = balance.refunded(books, refund)["id"]
    if card.refund:
        books.schedule(books.now + SETTLES_SECONDS, f"refund_{card.refund}", refund["id"])
    _take_from(books, charge, amount, given.get("reason"))
    books.emit("refund.created", refund)
    books.emit("charge.refunded", charge)
    return refund


def retrieve(call: Call) -> Json:
    return call.books.get("refund", call.id)


def index(call: Call) -> Json:
    return wire.listing(call.books, call.request, "refund", links=("charge", "payment_intent"))


def update(call: Call) -> Json:
    given = call.read({"metadata": params.metadata})
    refund = call.books.get("refund", call.id)
    before = dict(refund["metadata"])
    refund["metadata"] = params.merged(before, given.get("metadata") or {})
    call.books.save(refund)
    call.books.emit("refund.updated", refund, {"metadata": before})
    call.books.emit("charge.refund.updated", refund, {"metadata": before})
    return refund


def cancel(call: Call) -> Json:
    refund = call.books.get("refund", call.id)
    raise errors.refused(
        f"You cannot cancel refund {refund['id']}: only refunds that require action can be"
        " canceled."
    )


def settle(books: Books, refund_id: str) -> None:
    """A pending refund arrives."""
    refund = books.get("refund", refund_id)
    if refund["status"] != "pending":
        return
    refund["status"] = "succeeded"
    refund.pop("pending_reason", None)
    refund["balance_transaction"] = balance.refunded(books, refund)["id"]
    books.save(refund)
    books.emit("refund.updated", refund, {"status": "pending"})


def fail(books: Books, refund_id: str) -> None:
    """A refund that seemed done comes back: the money is ours again, the customer has none."""
    refund = books.get("refund", refund_id)
    if refund["status"] not in ("pending", "succeeded"):
        return
    before = refund["status"]
    refund["status"] = "failed"
    refund["failure_reason"] = "expired_or_canceled_card"
    refund["failure_balance_transaction"] = balance.refund_failed(books, refund)["id"]
    charge = books.get("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    books.save(refund, charge)
    books.emit("refund.updated", refund, {"status": before})
    books.emit("refund.failed", refund)


def _charge(books: Books, given: Json) -> Json:
    if given.get("charge"):
        return books.get("charge", given["charge"], "charge")
    if not given.get("payment_intent"):
        raise errors.invalid(
            "One of the following params should be provided for this request: payment_intent or"
            " charge.",
            code="parameter_missing",
            param="payment_intent",
        )
    intent = books.get("payment_intent", given["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        raise errors.refused(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    return books.get("charge", intent["latest_charge"])


def _refuse(books: Books, charge: Json, amount: int) -> None:
    if charge["refunded"]:
        raise errors.refused(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if not charge["captured"]:
        raise errors.refused(
            f"Charge {charge['id']} has not been captured: cancel its PaymentIntent instead.",
            param="charge",
        )
    disputes = books.find("dispute", charge=charge["id"]) if charge["disputed"] else []
    if any(not dispute["is_charge_refundable"] for dispute in disputes):
        raise errors.refused(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    left = charge["amount_captured"] - charge["amount_refunded"]
    if amount > left:
        raise errors.refused(
            f"Refund amount (£{amount / 100:.2f}) is greater than unrefunded amount on charge"
            f" (£{left / 100:.2f})",
            param="amount",
        )


def _take_from(books: Books, charge: Json, amount: int, reason: str | None) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    if reason == "fraudulent":
        charge["fraud_details"] = {"user_report": "fraudulent"}
    books.save(charge)
    if charge["refunded"]:
        early_fraud_warnings.settle_for(books, charge)
        intent = books.get("payment_intent", charge["payment_intent"])
        closed = "refunded_as_fraud" if reason == "fraudulent" else "refunded"
        reviews.close_for(books, intent, closed)


def _build(books: Books, charge: Json, amount: int, given: Json, pending: bool) -> Json:
    refund = {
        "id": books.new_id("refund"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": books.now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {
            "card": {
                "reference": str(secrets.randbelow(10**15)),
                "reference_status": "available",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": params.merged({}, given.get("metadata") or {}),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": given.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if pending else "succeeded",
        "transfer_reversal": None,
    }
    if pending:
        refund["pending_reason"] = "processing"
    return refund
