"""Radar's reviews: opened for a payment of elevated risk, closed by approval or by what happens."""

from . import errors, wire
from .books import Books, Json
from .call import Call


def retrieve(call: Call) -> Json:
    return call.books.get("review", call.id)


def index(call: Call) -> Json:
    """Open reviews only, newest first."""
    chosen = wire.created_filter(call.request)
    found = [review for review in call.books.find("review") if review["open"] and chosen(review)]
    return wire.page_of(found, call.request)


def approve(call: Call) -> Json:
    """Closes the review; it captures nothing."""
    call.read({})
    review = call.books.get("review", call.id)
    if not review["open"]:
        raise errors.refused(f"The review {review['id']} is already closed.")
    return close(call.books, review, "approved")


def open_for(books: Books, intent: Json, charge: Json) -> Json:
    review = {
        "id": books.new_id("review"),
        "object": "review",
        "billing_zip": charge["billing_details"]["address"]["postal_code"],
        "charge": charge["id"],
        "closed_reason": None,
        "created": books.now,
        "ip_address": None,
        "ip_address_location": None,
        "livemode": False,
        "open": True,
        "opened_reason": "rule",
        "payment_intent": intent["id"],
        "reason": "rule",
        "session": None,
    }
    books.add(review)
    intent["review"] = charge["review"] = review["id"]
    books.save(intent, charge)
    books.emit("review.opened", review)
    return review


def close_for(books: Books, intent: Json, reason: str) -> None:
    """Closes the intent's review, if it has an open one."""
    if not intent.get("review"):
        return
    review = books.get("review", intent["review"])
    if review["open"]:
        close(books, review, reason)


def close(books: Books, review: Json, reason: str) -> Json:
    review["open"] = False
    review["closed_reason"] = review["reason"] = reason
    intent = books.get("payment_intent", review["payment_intent"])
    charge = books.get("charge", review["charge"])
    intent["review"] = charge["review"] = None
    books.save(review, intent, charge)
    books.emit("review.closed", review)
    return review
