"""Payment methods: cards only. A test name gives a new object each time, as at Stripe."""

import time
from typing import Any

from . import cards, errors, params, wire
from .books import Books, Json
from .call import Call

CARD = {
    "number": params.text,
    "exp_month": params.integer,
    "exp_year": params.integer,
    "cvc": params.text,
    "token": params.text,
    "networks": params.anything,
}
DATA = {
    "type": params.choice("card"),
    "card": params.table(CARD),
    "billing_details": params.table(params.BILLING_DETAILS),
    "allow_redisplay": params.choice("always", "limited", "unspecified"),
    "metadata": params.metadata,
    "radar_options": params.anything,
    "guid": params.anything,
    "muid": params.anything,
    "sid": params.anything,
    "client_attribution_metadata": params.anything,
    "payment_user_agent": params.anything,
    "referrer": params.anything,
    "time_on_page": params.anything,
}
CREATE = {**DATA, "customer": params.text}
TOKENS = {"tok_visa": "pm_card_visa", "tok_mastercard": "pm_card_mastercard"}


def create(call: Call) -> Json:
    given = call.read(CREATE, required=("type",))
    return call.books.add(from_data(call.books, given))


def retrieve(call: Call) -> Json:
    return call.books.get("payment_method", call.id)


def index(call: Call) -> Json:
    return wire.listing(call.books, call.request, "payment_method", links=("customer",))


def resolve(books: Books, reference: str, param: str = "payment_method") -> Json:
    """The payment method by its id, or a new one for a test name."""
    card = cards.by_name(reference)
    if card is None:
        return books.get("payment_method", reference, param)
    return books.add(build(books, card, exp_month=12, exp_year=time.gmtime(books.now).tm_year + 4))


def from_data(books: Books, given: Json) -> Json:
    """A payment method of typed card details, not yet in the books."""
    typed = given.get("card") or {}
    if typed.get("token"):
        card = cards.by_name(TOKENS.get(typed["token"], ""))
        if card is None:
            raise errors.missing("token", typed["token"], "card[token]")
        typed = {"exp_month": 12, "exp_year": time.gmtime(books.now).tm_year + 4}
    else:
        for name in ("number", "exp_month", "exp_year"):
            if not typed.get(name):
                raise errors.parameter_missing(f"card[{name}]")
        moment = time.gmtime(books.now)
        card = cards.typed(
            typed["number"],
            typed["exp_month"],
            _whole_year(typed["exp_year"]),
            typed.get("cvc"),
            (moment.tm_year, moment.tm_mon),
        )
    return build(
        books,
        card,
        exp_month=typed["exp_month"],
        exp_year=_whole_year(typed["exp_year"]),
        billing_details=given.get("billing_details"),
        metadata=given.get("metadata"),
    )


def build(
    books: Books,
    card: cards.Card,
    *,
    exp_month: int,
    exp_year: int,
    billing_details: Json | None = None,
    metadata: Json | None = None,
) -> Json:
    return {
        "id": books.new_id("payment_method"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing(billing_details),
        "card": _card(card, exp_month, exp_year),
        "created": books.now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": metadata or {},
        "type": "card",
    }


def billing(given: Json | None) -> Json:
    """Billing details with every key, as Stripe shows them."""
    given = given or {}
    address = given.get("address") or {}
    return {
        "address": {name: address.get(name) for name in params.ADDRESS},
        "email": given.get("email"),
        "name": given.get("name"),
        "phone": given.get("phone"),
        "tax_id": given.get("tax_id"),
    }


def card_of(method: Json) -> cards.Card:
    return cards.by_fingerprint(method["card"]["fingerprint"])


def _card(card: cards.Card, exp_month: int, exp_year: int) -> Json:
    body: dict[str, Any] = {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "unchecked",
        },
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": exp_month,
        "exp_year": exp_year,
        "fingerprint": card.fingerprint,
        "funding": card.funding,
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": card.three_d_secure != "unsupported"},
        "wallet": None,
    }
    return body


def _whole_year(year: int) -> int:
    return year + 2000 if year < 100 else year
