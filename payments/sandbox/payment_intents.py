"""PaymentIntents: create, read, update, confirm, capture, cancel."""

from typing import Any

from . import confirmation, errors, params, payment_intent_shapes, payment_methods, settlement, wire
from .books import Books, Json
from .call import Call
from .ids import client_secret_of

MINIMUMS = {"gbp": (30, "£0.30"), "eur": (50, "€0.50"), "usd": (50, "$0.50")}
CURRENCIES = frozenset({*MINIMUMS, "aud", "cad", "chf", "dkk", "nok", "nzd", "pln", "sek"})
CANCELABLE = (
    "requires_payment_method", "requires_capture", "requires_confirmation", "requires_action",
    "processing",
)  # fmt: skip
PUBLISHABLE_FIELDS = (
    "id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at",
    "cancellation_reason", "capture_method", "client_secret", "confirmation_method", "created",
    "currency", "description", "last_payment_error", "livemode", "next_action", "payment_method",
    "payment_method_configuration_details", "payment_method_types", "processing", "receipt_email",
    "setup_future_usage", "shipping", "status",
)  # fmt: skip


def create(call: Call) -> Json:
    """Makes the intent and, with `confirm=true`, tries the card at once."""
    _refuse_method_types(call)
    given = call.read(payment_intent_shapes.CREATE, required=("amount", "currency"))
    _check_money(given)
    _check_lists(given)
    intent = _build(call.books, given)
    call.books.emit("payment_intent.created", intent)
    if given.get("confirm"):
        confirmation.confirm(call, intent, given)
    return intent


def retrieve(call: Call) -> Json:
    intent = call.books.get("payment_intent", call.id, "intent")
    return _seen_by(call, intent)


def index(call: Call) -> Json:
    return wire.listing(call.books, call.request, "payment_intent", links=("customer",))


def update(call: Call) -> Json:
    _refuse_method_types(call)
    given = call.read(payment_intent_shapes.CHANGEABLE)
    intent = call.books.get("payment_intent", call.id, "intent")
    fixed = intent["status"] in ("succeeded", "canceled", "requires_capture", "processing")
    if fixed and ({"amount", "currency", "capture_method", "payment_method"} & given.keys()):
        raise errors.unexpected_state(
            "This PaymentIntent's amount could not be updated because it has a status of"
            f" {intent['status']}. You may only update the amount of a PaymentIntent with one of"
            " the following statuses: requires_payment_method, requires_confirmation,"
            " requires_action.",
            intent,
        )
    _check_money({**intent, **given})
    _apply(call.books, intent, given)
    call.books.save(intent)
    return intent


def confirm(call: Call) -> Json:
    _refuse_method_types(call)
    given = call.read(payment_intent_shapes.CONFIRM)
    intent = call.books.get("payment_intent", call.id, "intent")
    _seen_by(call, intent)
    if intent["status"] not in (
        "requires_payment_method", "requires_confirmation", "requires_action",
    ):  # fmt: skip
        raise errors.unexpected_state(
            f"You cannot confirm this PaymentIntent because it has already {_past(intent)}.", intent
        )
    _apply(
        call.books,
        intent,
        {name: given[name] for name in payment_intent_shapes.CHANGEABLE if name in given},
    )
    confirmation.confirm(call, intent, given)
    return _seen_by(call, intent)


def capture(call: Call) -> Json:
    given = call.read(payment_intent_shapes.CAPTURE)
    intent = call.books.get("payment_intent", call.id, "intent")
    if intent["status"] != "requires_capture":
        raise _not_capturable(intent)
    amount: int = given.get("amount_to_capture") or intent["amount_capturable"]
    if amount > intent["amount_capturable"]:
        raise errors.refused(
            f"The provided amount_to_capture ({amount}) is greater than the amount this"
            f" PaymentIntent can capture ({intent['amount_capturable']}).",
            code="amount_too_large",
            param="amount_to_capture",
        )
    if "metadata" in given:
        intent["metadata"] = params.merged(intent["metadata"], given["metadata"])
    return settlement.capture(call.books, intent, amount)


def cancel(call: Call) -> Json:
    given = call.read(payment_intent_shapes.CANCEL)
    intent = call.books.get("payment_intent", call.id, "intent")
    if intent["status"] not in CANCELABLE:
        raise errors.unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}."
            " Only a PaymentIntent with one of the following statuses may be canceled:"
            f" {', '.join(CANCELABLE)}.",
            intent,
        )
    return settlement.cancel(call.books, intent, given.get("cancellation_reason"))


def seen_by_browser(intent: Json) -> Json:
    """The reduced object that a publishable key may see."""
    return {name: intent[name] for name in PUBLISHABLE_FIELDS}


def _seen_by(call: Call, intent: Json) -> Json:
    if not call.request.publishable:
        return intent
    given = call.request.params.get("client_secret")
    if not given:
        raise errors.parameter_missing("client_secret")
    if given != intent["client_secret"]:
        raise errors.invalid(
            "The client_secret provided does not match the client_secret associated with the"
            " PaymentIntent.",
            code="payment_intent_invalid_parameter",
            param="client_secret",
        )
    return seen_by_browser(intent)


def _refuse_method_types(call: Call) -> None:
    if call.request.speaks_endive and "payment_method_types" in call.request.params:
        raise errors.method_types_gone()


def _check_money(given: Json) -> None:
    currency = str(given["currency"] or "").lower()
    if currency not in CURRENCIES:
        raise errors.invalid(
            f"Invalid currency: {currency}. Stripe currently supports these currencies:"
            f" {', '.join(sorted(CURRENCIES))}",
            param="currency",
        )
    least, words = MINIMUMS.get(currency, (50, f"0.50 {currency}"))
    if given["amount"] < least:
        raise errors.invalid(
            f"Amount must be at least {words} {currency}", code="amount_too_small", param="amount"
        )


def _check_lists(given: Json) -> None:
    automatic = (given.get("automatic_payment_methods") or {}).get("enabled")
    for name in ("payment_method_types", "allowed_payment_method_types"):
        if automatic and name in given:
            raise errors.invalid(
                f"You may only specify one of these parameters: automatic_payment_methods, {name}.",
                param=name,
            )
    if not given.get("confirm"):
        for name in payment_intent_shapes.CONFIRMING:
            if name in given:
                raise errors.invalid(
                    f"You cannot pass {name} when creating a PaymentIntent without confirm=true.",
                    param=name,
                )


def _apply(books: Books, intent: Json, given: Json) -> None:
    for name in ("description", "receipt_email", "setup_future_usage", "shipping", "amount",
                 "statement_descriptor", "statement_descriptor_suffix", "capture_method"):  # fmt: skip
        if name in given:
            intent[name] = given[name] or None
    if "currency" in given:
        intent["currency"] = given["currency"].lower()
    if "metadata" in given:
        intent["metadata"] = params.merged(intent["metadata"], given["metadata"])
    if given.get("customer"):
        intent["customer"] = books.get("customer", given["customer"], "customer")["id"]
    if given.get("payment_method"):
        intent["payment_method"] = payment_methods.resolve(books, given["payment_method"])["id"]
    if given.get("payment_method_data"):
        method = payment_methods.from_data(books, given["payment_method_data"])
        intent["payment_method"] = books.add(method)["id"]
    asked = (given.get("payment_method_options") or {}).get("card") or {}
    if "request_three_d_secure" in asked:
        options = intent["payment_method_options"]["card"]
        options["request_three_d_secure"] = asked["request_three_d_secure"]
    if intent["status"] == "requires_payment_method" and intent["payment_method"]:
        intent["status"] = "requires_confirmation"
    books.save(intent)


def _build(books: Books, given: Json) -> Json:
    intent_id = books.new_id("payment_intent")
    automatic = given.get("automatic_payment_methods")
    if automatic is None and "payment_method_types" not in given:
        automatic = {"enabled": True}
    if automatic is not None:
        automatic = {"allow_redirects": "always", **automatic}
    intent: dict[str, Any] = {
        "id": intent_id,
        "object": "payment_intent",
        "amount": given["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": automatic,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": given.get("capture_method", "automatic_async"),
        "client_secret": client_secret_of(intent_id),
        "confirmation_method": given.get("confirmation_method", "automatic"),
        "created": books.now,
        "currency": given["currency"].lower(),
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }
    books.add(intent)
    _apply(
        books,
        intent,
        {name: value for name, value in given.items() if name in payment_intent_shapes.CHANGEABLE},
    )
    return intent


def _not_capturable(intent: Json) -> errors.StripeError:
    if intent["status"] == "canceled" and intent["cancellation_reason"] == "expired":
        return errors.refused(
            "This PaymentIntent could not be captured because the authorization has expired.",
            code="capture_charge_authorization_expired",
            payment_intent=intent,
        )
    return errors.unexpected_state(
        "This PaymentIntent could not be captured because it has a status of"
        f" {intent['status']}. Only a PaymentIntent with one of the following statuses may be"
        " captured: requires_capture.",
        intent,
    )


def _past(intent: Json) -> str:
    return {
        "succeeded": "succeeded after being previously confirmed",
        "requires_capture": "been authorized and requires capture",
        "canceled": "been canceled",
    }.get(intent["status"], f"reached the status {intent['status']}")
