"""Money moving on an intent that its card allowed: hold, capture, release, expiry."""

from . import balance, charges, disputes, early_fraud_warnings, reviews
from .books import Books, Json


def authorised(books: Books, intent: Json, charge: Json) -> None:
    """The bank said yes: hold the money, or take it at once."""
    books.save(intent, charge)
    if intent["capture_method"] == "manual":
        intent["status"] = "requires_capture"
        intent["amount_capturable"] = intent["amount"]
        books.emit("charge.succeeded", charge)
        books.emit("payment_intent.amount_capturable_updated", intent)
        books.schedule(books.now + charges.HOLD_SECONDS, "hold_expires", intent["id"])
        return
    _take(books, intent, charge, intent["amount"])
    books.emit("charge.succeeded", charge)
    books.emit("payment_intent.succeeded", intent)
    _aftermath(books, charge)


def capture(books: Books, intent: Json, amount: int) -> Json:
    """Takes the amount and releases the rest; there is no second capture."""
    charge = books.get("charge", intent["latest_charge"])
    _take(books, intent, charge, amount)
    books.emit("charge.captured", charge)
    books.emit("payment_intent.succeeded", intent)
    _aftermath(books, charge)
    return intent


def cancel(books: Books, intent: Json, reason: str | None) -> Json:
    """Releases the hold, if there is one, without a Refund object."""
    held = intent["status"] == "requires_capture"
    _close(books, intent, reason)
    if held:
        charge = books.get("charge", intent["latest_charge"])
        charge["amount_refunded"] = charge["amount"]
        charge["refunded"] = True
        books.save(charge)
        reviews.close_for(books, intent, "canceled")
        books.emit("charge.refunded", charge)
    books.emit("payment_intent.canceled", intent)
    return intent


def expire(books: Books, intent_id: str) -> None:
    """Seven days on and not captured: the bank lets the hold go."""
    intent = books.get("payment_intent", intent_id)
    if intent["status"] != "requires_capture":
        return
    charge = books.get("charge", intent["latest_charge"])
    _close(books, intent, "expired")
    charge["amount_refunded"] = charge["amount"]
    charge["refunded"] = True
    books.save(charge)
    reviews.close_for(books, intent, "payment_never_settled")
    books.emit("charge.expired", charge)
    books.emit("payment_intent.canceled", intent)


def _take(books: Books, intent: Json, charge: Json, amount: int) -> None:
    charge["amount_captured"] = amount
    charge["captured"] = True
    charge["payment_method_details"]["card"].pop("capture_before", None)
    charge["balance_transaction"] = balance.charged(books, charge)["id"]
    intent["status"] = "succeeded"
    intent["amount_capturable"] = 0
    intent["amount_received"] = amount
    books.save(intent, charge)


def _close(books: Books, intent: Json, reason: str | None) -> None:
    intent["status"] = "canceled"
    intent["amount_capturable"] = 0
    intent["canceled_at"] = books.now
    intent["cancellation_reason"] = reason
    intent["next_action"] = None
    books.save(intent)


def _aftermath(books: Books, charge: Json) -> None:
    """What the card's owner and bank do next, for the test cards made for it."""
    card = charges.card_of(books, charge)
    if card.early_fraud_warning:
        early_fraud_warnings.add(books, charge)
    for reason in card.disputes:
        disputes.open_for(books, charge, reason=reason, inquiry=card.inquiry)
