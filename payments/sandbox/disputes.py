"""Disputes: money taken back by the card's bank, evidence once, then won or lost."""

from . import balance, early_fraud_warnings, errors, params, reviews, wire
from .books import Books, Json
from .call import Call

ANSWER_SECONDS = 9 * 86400
EVIDENCE_CHARS_MAX = 150_000
EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy",
    "cancellation_policy_disclosure", "cancellation_rebuttal", "customer_communication",
    "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature",
    "duplicate_charge_documentation", "duplicate_charge_explanation", "duplicate_charge_id",
    "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address",
    "shipping_carrier", "shipping_date", "shipping_documentation", "shipping_tracking_number",
    "uncategorized_file", "uncategorized_text",
)  # fmt: skip
UPDATE = {
    "evidence": params.table(dict.fromkeys(EVIDENCE, params.anything)),
    "metadata": params.metadata,
    "submit": params.flag,
}
OPEN = ("needs_response", "warning_needs_response", "under_review", "warning_under_review")
NETWORK_REASONS = {"fraudulent": "10.4", "product_not_received": "13.1"}


def retrieve(call: Call) -> Json:
    return call.books.get("dispute", call.id)


def index(call: Call) -> Json:
    return wire.listing(call.books, call.request, "dispute", links=("charge", "payment_intent"))


def update(call: Call) -> Json:
    """Adds evidence; `submit` (the default) sends it to the bank, once."""
    given = call.read(UPDATE)
    books = call.books
    dispute = books.get("dispute", call.id)
    if "metadata" in given:
        dispute["metadata"] = params.merged(dispute["metadata"], given["metadata"])
    if given.get("evidence"):
        _refuse_late(dispute)
        dispute["evidence"].update(given["evidence"])
        _refuse_long(dispute["evidence"])
        dispute["evidence_details"]["has_evidence"] = True
    books.save(dispute)
    if given.get("evidence") and given.get("submit", True):
        _submit(books, dispute)
    else:
        books.emit("charge.dispute.updated", dispute, {})
    return dispute


def close(call: Call) -> Json:
    """Accepts the dispute: lost, for good."""
    call.read({})
    dispute = call.books.get("dispute", call.id)
    if dispute["status"] not in OPEN:
        raise errors.refused(
            f"This dispute is already closed: it has a status of {dispute['status']}."
        )
    return move(call.books, dispute, "lost")


def open_for(
    books: Books,
    charge: Json,
    *,
    reason: str = "fraudulent",
    amount: int | None = None,
    inquiry: bool = False,
) -> Json:
    """A new dispute; unless it is an inquiry, amount and fee leave the balance at once."""
    dispute = books.add(_build(books, charge, reason, amount or charge["amount_captured"], inquiry))
    books.emit("charge.dispute.created", dispute)
    if not inquiry:
        _withdraw(books, dispute)
    books.schedule(dispute["evidence_details"]["due_by"], "dispute_unanswered", dispute["id"])
    return dispute


def move(books: Books, dispute: Json, status: str) -> Json:
    """Brings the dispute to a status, with the money and the events that belong to it."""
    before = dispute["status"]
    if status == "needs_response" and before.startswith("warning_"):
        dispute["status"] = status
        dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
        books.save(dispute)
        books.emit("charge.dispute.updated", dispute, {"status": before})
        _withdraw(books, dispute)
        return dispute
    dispute["status"] = status
    books.save(dispute)
    if status == "won":
        _give_back(books, dispute)
    closed = status in ("won", "lost", "warning_closed", "prevented")
    name = "charge.dispute.closed" if closed else "charge.dispute.updated"
    books.emit(name, dispute, {"status": before})
    return dispute


def unanswered(books: Books, dispute_id: str) -> None:
    """The answer's day passed: an inquiry fades, a dispute is lost."""
    dispute = books.get("dispute", dispute_id)
    if dispute["status"] == "needs_response":
        dispute["evidence_details"]["past_due"] = True
        move(books, dispute, "lost")
    elif dispute["status"] == "warning_needs_response":
        move(books, dispute, "warning_closed")


def decided(books: Books, dispute_id: str) -> None:
    """The bank has read the evidence; Stripe's magic words decide, nothing else loses."""
    dispute = books.get("dispute", dispute_id)
    if dispute["status"] not in ("under_review", "warning_under_review"):
        return
    words = str(dispute["evidence"]["uncategorized_text"] or "")
    if dispute["status"] == "warning_under_review":
        escalates = "escalate_inquiry_evidence" in words
        move(books, dispute, "needs_response" if escalates else "warning_closed")
    else:
        move(books, dispute, "won" if "winning_evidence" in words else "lost")


def _submit(books: Books, dispute: Json) -> None:
    inquiry = dispute["status"].startswith("warning_")
    dispute["evidence_details"]["submission_count"] += 1
    move(books, dispute, "warning_under_review" if inquiry else "under_review")
    books.schedule(books.now + 5, "dispute_decided", dispute["id"])


def _refuse_late(dispute: Json) -> None:
    if dispute["status"] not in ("needs_response", "warning_needs_response"):
        raise errors.refused(
            f"This dispute is no longer open for evidence: it has a status of {dispute['status']}.",
            param="evidence",
        )


def _refuse_long(evidence: Json) -> None:
    if sum(len(str(value)) for value in evidence.values() if value) > EVIDENCE_CHARS_MAX:
        raise errors.invalid(
            f"Evidence is at most {EVIDENCE_CHARS_MAX} characters in all.", param="evidence"
        )


def _withdraw(books: Books, dispute: Json) -> None:
    charge = books.get("charge", dispute["charge"])
    charge["disputed"] = True
    dispute["is_charge_refundable"] = False
    dispute["balance_transactions"].append(balance.disputed(books, dispute))
    books.save(dispute, charge)
    early_fraud_warnings.settle_for(books, charge)
    if charge["payment_intent"]:
        intent = books.get("payment_intent", charge["payment_intent"])
        reviews.close_for(books, intent, "disputed")
    books.emit("charge.dispute.funds_withdrawn", dispute)


def _give_back(books: Books, dispute: Json) -> None:
    dispute["is_charge_refundable"] = True
    dispute["balance_transactions"].append(balance.reinstated(books, dispute))
    books.save(dispute)
    books.emit("charge.dispute.funds_reinstated", dispute)


def _build(books: Books, charge: Json, reason: str, amount: int, inquiry: bool) -> Json:
    brand = charge["payment_method_details"]["card"]["brand"]
    return {
        "id": books.new_id("dispute"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": books.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": books.now + ANSWER_SECONDS,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": brand,
                "case_type": "inquiry" if inquiry else "chargeback",
                "network_reason_code": NETWORK_REASONS.get(reason, "10.4"),
            },
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
