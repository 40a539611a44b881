"""Balance transactions and the payouts that carry them to the bank.

Fees are Stripe's standard ones for UK cards: 1.5 % and 20p, rounded half up; 3.25 % for foreign
cards. A refund gives no fee back.
"""

from . import wire
from .books import Books, Json
from .call import Call

SETTLES_SECONDS = 2 * 86400
FIXED_FEE = 20
PERCENT_DOMESTIC = 150
PERCENT_FOREIGN = 325
DISPUTE_FEE = 2000


def retrieve(call: Call) -> Json:
    return call.books.get("balance_transaction", call.id)


def index(call: Call) -> Json:
    """By type, source, created or the payout that carried them."""
    payout = call.request.params.pop("payout", None)
    if payout is None:
        return wire.listing(
            call.books, call.request, "balance_transaction", links=("type", "source")
        )
    call.books.get("payout", str(payout), "payout")
    carried = call.books.private(str(payout))["carries"]
    found = [call.books.get("balance_transaction", each) for each in reversed(carried)]
    return wire.page_of(list(filter(wire.created_filter(call.request), found)), call.request)


def retrieve_payout(call: Call) -> Json:
    return call.books.get("payout", call.id)


def index_payouts(call: Call) -> Json:
    return wire.listing(call.books, call.request, "payout")


def charged(books: Books, charge: Json) -> Json:
    domestic = charge["payment_method_details"]["card"]["country"] == "GB"
    percent = PERCENT_DOMESTIC if domestic else PERCENT_FOREIGN
    fee = (charge["amount_captured"] * percent + 5000) // 10000 + FIXED_FEE
    return _add(books, "charge", charge["amount_captured"], fee, charge)


def refunded(books: Books, refund: Json) -> Json:
    return _add(books, "refund", -refund["amount"], 0, refund)


def refund_failed(books: Books, refund: Json) -> Json:
    return _add(books, "refund_failure", refund["amount"], 0, refund)


def disputed(books: Books, dispute: Json) -> Json:
    return _add(books, "adjustment", -dispute["amount"], DISPUTE_FEE, dispute, category="dispute")


def reinstated(books: Books, dispute: Json) -> Json:
    return _add(
        books, "adjustment", dispute["amount"], -DISPUTE_FEE, dispute, category="dispute_reversal"
    )


def pay_out(books: Books) -> Json:
    """Everything not yet paid out goes to the bank in one payout."""
    waiting = [
        found
        for found in books.find("balance_transaction")
        if "payout" not in books.private(found["id"]) and found["type"] != "payout"
    ]
    currency = waiting[0]["currency"] if waiting else "gbp"
    waiting = [found for found in waiting if found["currency"] == currency]
    payout = _payout(books, sum(found["net"] for found in waiting), currency)
    for found in waiting:
        books.private(found["id"])["payout"] = payout["id"]
        found["status"] = "available"
        books.save(found)
    books.add(payout, carries=[found["id"] for found in reversed(waiting)])
    payout["balance_transaction"] = _add(books, "payout", -payout["amount"], 0, payout)["id"]
    books.emit("payout.created", payout)
    return payout


def pay_out_arrives(books: Books, payout: Json) -> Json:
    payout["status"] = "paid"
    books.save(payout)
    books.emit("payout.paid", payout)
    return payout


def _add(
    books: Books, kind: str, amount: int, fee: int, source: Json, *, category: str | None = None
) -> Json:
    details = {
        "amount": fee,
        "application": None,
        "currency": source["currency"],
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    return books.add(
        {
            "id": books.new_id("balance_transaction"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": books.now + SETTLES_SECONDS,
            "balance_type": "payments",
            "created": books.now,
            "currency": source["currency"],
            "description": source.get("description"),
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [details] if fee else [],
            "net": amount - fee,
            "reporting_category": category or kind,
            "source": source["id"],
            "status": "pending",
            "type": kind,
        }
    )


def _payout(books: Books, amount: int, currency: str) -> Json:
    return {
        "id": books.new_id("payout"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": books.now + 86400,
        "automatic": True,
        "balance_transaction": None,
        "created": books.now,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": None,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "in_transit",
        "trace_id": None,
        "type": "bank_account",
    }
