"""Early fraud warnings: the card's bank says that the payment was fraud, before any dispute."""

from . import wire
from .books import Books, Json
from .call import Call


def retrieve(call: Call) -> Json:
    return call.books.get("radar.early_fraud_warning", call.id)


def index(call: Call) -> Json:
    return wire.listing(
        call.books, call.request, "radar.early_fraud_warning", links=("charge", "payment_intent")
    )


def add(books: Books, charge: Json, fraud_type: str = "misc") -> Json:
    warning = books.add(
        {
            "id": books.new_id("radar.early_fraud_warning"),
            "object": "radar.early_fraud_warning",
            "actionable": not charge["disputed"] and not charge["refunded"],
            "charge": charge["id"],
            "created": books.now,
            "fraud_type": fraud_type,
            "livemode": False,
            "payment_intent": charge["payment_intent"],
        }
    )
    books.emit("radar.early_fraud_warning.created", warning)
    return warning


def settle_for(books: Books, charge: Json) -> None:
    """Disputed or given back in full: nothing is left to do about a warning."""
    for warning in books.find("radar.early_fraud_warning", charge=charge["id"]):
        if warning["actionable"]:
            warning["actionable"] = False
            books.save(warning)
            books.emit("radar.early_fraud_warning.updated", warning, {"actionable": True})
