"""Trying a card: the bank's approval page first where it wants one, then the authorisation.

A declined card raises after the books took note: the failed charge, the intent that waits for
another card, and their events stay.
"""

import secrets

from . import charges, confirmation_tokens, errors, payment_methods, reviews, settlement
from .books import Books, Json
from .call import Call
from .cards import Card, Decline

ASKING = frozenset({"any", "challenge"})
AUTHENTICATION_FAILED = (
    "We are unable to authenticate your payment method. Please choose a different payment method"
    " and try again."
)


def confirm(call: Call, intent: Json, given: Json) -> None:
    """Moves the intent as far as its card goes; raises the card's decline."""
    books = call.books
    return_url, use_stripe_sdk = given.get("return_url"), given.get("use_stripe_sdk")
    if given.get("confirmation_token"):
        token, method = confirmation_tokens.use(books, given["confirmation_token"], intent)
        return_url = return_url or token["return_url"]
        use_stripe_sdk = token["use_stripe_sdk"] if use_stripe_sdk is None else use_stripe_sdk
        intent["payment_method"] = method["id"]
        intent["shipping"] = intent["shipping"] or token["shipping"]
    if not intent["payment_method"]:
        raise errors.refused(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can"
            " either update the PaymentIntent with a payment method and then confirm it again, or"
            " confirm it again directly with a payment method or ConfirmationToken.",
            code="payment_intent_unexpected_state",
        )
    _require_return_url(intent, given, return_url)
    method = books.get("payment_method", intent["payment_method"], "payment_method")
    intent["last_payment_error"] = None
    card = payment_methods.card_of(method)
    if _wants_challenge(intent, card, given):
        _challenge(call, intent, return_url, bool(use_stripe_sdk))
        return
    asked = _asked(intent) in ASKING
    authorise(books, intent, method, _unchallenged(card, asked), call.request.base_url)


def authorise(
    books: Books, intent: Json, method: Json, three_d_secure: Json | None, base_url: str
) -> None:
    """Asks the card's bank and Radar, and settles at once unless capture is manual."""
    card = payment_methods.card_of(method)
    passed = three_d_secure is not None and three_d_secure["result"] == "authenticated"
    decline = card.decline_after_challenge if passed else card.decline
    charge = charges.add(
        books, intent, method, decline=decline, three_d_secure=three_d_secure, base_url=base_url
    )
    intent["latest_charge"] = charge["id"]
    intent["next_action"] = None
    if charge["status"] == "failed":
        raise _declined(books, intent, method, charge, decline)
    method["card"]["checks"] = dict(charge["payment_method_details"]["card"]["checks"])
    books.save(method)
    if card.risk_level == "elevated":
        reviews.open_for(books, intent, charge)
    settlement.authorised(books, intent, charge)


def answer_challenge(books: Books, intent: Json, *, passed: bool, base_url: str) -> None:
    """What the bank's page decided. A decline afterwards only shows on the intent."""
    method = books.get("payment_method", intent["payment_method"])
    card = payment_methods.card_of(method)
    if not passed:
        _fail_authentication(books, intent, method)
        return
    if card.lookup_fails:
        _fail_authentication(books, intent, method)
        return
    try:
        authorise(books, intent, method, _authenticated("challenge"), base_url)
    except errors.StripeError as decline:
        if not decline.commits:
            raise


def _require_return_url(intent: Json, given: Json, return_url: str | None) -> None:
    automatic = given.get("automatic_payment_methods") or {}
    redirects = automatic.get("allow_redirects", "always") != "never"
    if automatic.get("enabled") and redirects and not return_url:
        raise errors.invalid(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard."
            " Because some of these payment methods might redirect your customer off of your page,"
            " you must provide a `return_url`. If you don't want to accept redirect-based payment"
            " methods, set `automatic_payment_methods[enabled]` to `true` and"
            " `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents"
            " and Payment Intents.",
            param="return_url",
        )


def _asked(intent: Json) -> str:
    return str(intent["payment_method_options"]["card"]["request_three_d_secure"])


def _wants_challenge(intent: Json, card: Card, given: Json) -> bool:
    if given.get("off_session"):
        return False
    if card.three_d_secure == "required":
        return True
    return card.three_d_secure == "optional" and _asked(intent) in ASKING


def _challenge(call: Call, intent: Json, return_url: str | None, use_stripe_sdk: bool) -> None:
    secret = secrets.token_hex(12)
    url = f"{call.request.base_url}/3ds/{intent['id']}?source=src_{secret}"
    private = call.books.private(intent["id"])
    private["challenge"] = {"source": f"src_{secret}", "return_url": return_url}
    if return_url and not use_stripe_sdk:
        intent["next_action"] = {
            "type": "redirect_to_url",
            "redirect_to_url": {"url": url, "return_url": return_url},
        }
    else:
        intent["next_action"] = {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {
                "type": "three_d_secure_redirect",
                "stripe_js": url,
                "source": f"src_{secret}",
            },
        }
    intent["status"] = "requires_action"
    call.books.save(intent)
    call.books.emit("payment_intent.requires_action", intent)


def _unchallenged(card: Card, asked: bool) -> Json | None:
    if card.three_d_secure == "unsupported" or not asked:
        return None
    return {**_authenticated("frictionless"), "result": "attempt_acknowledged"}


def _authenticated(flow: str) -> Json:
    return {
        "authentication_flow": flow,
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": secrets.token_hex(12),
        "version": "2.2.0",
    }


def _declined(
    books: Books, intent: Json, method: Json, charge: Json, decline: Decline | None
) -> errors.StripeError:
    code = decline.code if decline else "card_declined"
    decline_code = (decline.decline_code if decline else "fraudulent") or None
    error = errors.StripeError(
        402,
        "card_error",
        charge["failure_message"],
        code=code,
        decline_code=decline_code,
        charge=charge["id"],
        advice_code=charge["outcome"]["advice_code"],
        param={"incorrect_cvc": "cvc", "expired_card": "exp_month"}.get(code),
        kept=True,
        commits=True,
        payment_method=method,
    )
    _wait_for_another_card(intent, dict(error.body))
    books.save(intent)
    books.emit("charge.failed", charge)
    books.emit("payment_intent.payment_failed", intent)
    error.body = {**error.body, "payment_intent": intent}
    return error


def _fail_authentication(books: Books, intent: Json, method: Json) -> None:
    error = errors.StripeError(
        402,
        "invalid_request_error",
        AUTHENTICATION_FAILED,
        code="payment_intent_authentication_failure",
        payment_method=method,
    )
    _wait_for_another_card(intent, error.body)
    books.save(intent)
    books.emit("payment_intent.payment_failed", intent)


def _wait_for_another_card(intent: Json, error: Json) -> None:
    intent["status"] = "requires_payment_method"
    intent["payment_method"] = None
    intent["next_action"] = None
    intent["last_payment_error"] = error
