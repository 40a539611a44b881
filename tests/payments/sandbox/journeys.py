"""Short stories told through the real SDK, for the sandbox's tests."""

from typing import Any

import stripe

from tests.payments.sandbox.process import Sandbox

RETURN_URL = "http://shop.test/bookings/x/status/"


def token(client: stripe.StripeClient, payment_method: str = "pm_card_visa") -> str:
    made = client.v1.test_helpers.confirmation_tokens.create({"payment_method": payment_method})
    return made.id


def hold(
    client: stripe.StripeClient,
    payment_method: str = "pm_card_visa",
    *,
    amount: int = 9600,
    **more: Any,
) -> stripe.PaymentIntent:
    """As the shop does it: a held card payment by ConfirmationToken."""
    return client.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "gbp",
            "capture_method": "manual",
            "confirm": True,
            "confirmation_token": token(client, payment_method),
            "automatic_payment_methods": {"enabled": True},
            "return_url": RETURN_URL,
            "use_stripe_sdk": True,
            "metadata": {"booking": "RFT-7KQ9TC", "operation_id": "op-1"},
            **more,
        }
    )


def paid(
    client: stripe.StripeClient, payment_method: str = "pm_card_visa", *, amount: int = 9600
) -> stripe.PaymentIntent:
    held = hold(client, payment_method, amount=amount)
    return client.v1.payment_intents.capture(held.id)


def charge_of(client: stripe.StripeClient, intent: stripe.PaymentIntent) -> stripe.Charge:
    assert isinstance(intent.latest_charge, str)
    return client.v1.charges.retrieve(intent.latest_charge)


def event_types(sandbox: Sandbox) -> list[str]:
    return [event["type"] for event in sandbox.events()]


def posts(sandbox: Sandbox, path: str = "/v1/payment_intents") -> list[dict[str, Any]]:
    rows = sandbox.books()["requests"]
    return [row for row in rows if row["method"] == "POST" and row["path"] == path]
