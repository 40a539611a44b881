"""ConfirmationTokens: what the browser made of the card form; used once, gone after 12 hours."""

from . import errors, params, payment_methods
from .books import Books, Json
from .call import Call

LIVES_SECONDS = 12 * 3600

TEST_HELPER = {
    "payment_method": params.text,
    "payment_method_data": params.table(payment_methods.DATA),
    "payment_method_options": params.anything,
    "return_url": params.text,
    "setup_future_usage": params.choice("off_session", "on_session"),
    "shipping": params.table(params.SHIPPING),
}
# What the card frame sends with the publishable key. Stripe does not publish this call: `elements`
# is the stand-in's own way of saying what the Elements were made with.
BROWSER = {
    **TEST_HELPER,
    "use_stripe_sdk": params.flag,
    "elements": params.table(
        {
            "mode": params.choice("payment"),
            "amount": params.integer,
            "currency": params.text,
            "capture_method": params.text,
        }
    ),
}


def create_for_test(call: Call) -> Json:
    """`POST /v1/test_helpers/confirmation_tokens`: a token without a browser."""
    given = call.read(TEST_HELPER)
    if given.get("payment_method"):
        method = payment_methods.resolve(call.books, given["payment_method"])
    elif given.get("payment_method_data"):
        method = payment_methods.from_data(call.books, given["payment_method_data"])
    else:
        raise errors.parameter_missing("payment_method_data")
    return _add(call.books, method, given)


def create_in_browser(call: Call) -> Json:
    """`POST /v1/confirmation_tokens`, only with the publishable key."""
    if not call.request.publishable:
        raise errors.unknown_address("POST", call.request.path)
    given = call.read(BROWSER, required=("payment_method_data",))
    method = payment_methods.from_data(call.books, given["payment_method_data"])
    return _add(call.books, method, given)


def retrieve(call: Call) -> Json:
    return call.books.get("confirmation_token", call.id)


def use(books: Books, token_id: str, intent: Json) -> tuple[Json, Json]:
    """The token, now used up by this intent, and the payment method it becomes."""
    token = books.get("confirmation_token", token_id, "confirmation_token")
    if token["payment_intent"]:
        raise errors.refused(
            f"The ConfirmationToken {token_id} has already been used. Create a new one to confirm"
            " another PaymentIntent.",
            param="confirmation_token",
        )
    if token["expires_at"] <= books.now:
        raise errors.refused(
            f"The ConfirmationToken {token_id} has expired.", param="confirmation_token"
        )
    _refuse_mismatch(books.private(token_id).get("elements"), intent)
    token["payment_intent"] = intent["id"]
    token["expires_at"] = None
    books.save(token)
    method = books.private(token_id)["method"]
    return token, books.peek(method["id"]) or books.add(method)


def _add(books: Books, method: Json, given: Json) -> Json:
    preview = {
        name: method[name]
        for name in ("allow_redisplay", "billing_details", "card", "customer", "type")
    }
    shipping = given.get("shipping")
    token = {
        "id": books.new_id("confirmation_token"),
        "object": "confirmation_token",
        "created": books.now,
        "expires_at": books.now + LIVES_SECONDS,
        "livemode": False,
        "mandate_data": None,
        "payment_intent": None,
        "payment_method_options": None,
        "payment_method_preview": {**preview, "customer_account": None},
        "return_url": given.get("return_url"),
        "setup_future_usage": given.get("setup_future_usage"),
        "setup_intent": None,
        "shipping": shipping
        and {
            "address": {name: (shipping.get("address") or {}).get(name) for name in params.ADDRESS},
            "name": shipping.get("name") or "",
            "phone": shipping.get("phone"),
        },
        "use_stripe_sdk": given.get("use_stripe_sdk", True),
    }
    return books.add(token, method=method, elements=given.get("elements"))


def _refuse_mismatch(elements: Json | None, intent: Json) -> None:
    """Elements made for one amount cannot pay another."""
    if not elements:
        return
    for name in ("amount", "currency", "capture_method"):
        made_with = elements.get(name)
        if made_with is not None and made_with != intent[name]:
            raise errors.refused(
                f"The PaymentIntent's {name} ({intent[name]}) does not match the {name} that the"
                f" Elements instance was created with ({made_with}).",
                param=name,
            )
