"""Which call goes where, and which of them a browser's publishable key may make."""

from collections.abc import Callable
from dataclasses import dataclass

from . import (
    balance,
    charges,
    confirmation_tokens,
    customers,
    disputes,
    early_fraud_warnings,
    events,
    payment_intents,
    payment_methods,
    refunds,
    reviews,
    webhook_endpoints,
)
from .books import Json
from .call import Call

Handler = Callable[[Call], Json]


@dataclass(frozen=True)
class Route:
    handler: Handler
    publishable: bool = False


TABLE: dict[str, Route] = {
    "POST /v1/payment_intents": Route(payment_intents.create),
    "GET /v1/payment_intents": Route(payment_intents.index),
    "GET /v1/payment_intents/{id}": Route(payment_intents.retrieve, publishable=True),
    "POST /v1/payment_intents/{id}": Route(payment_intents.update),
    "POST /v1/payment_intents/{id}/confirm": Route(payment_intents.confirm, publishable=True),
    "POST /v1/payment_intents/{id}/capture": Route(payment_intents.capture),
    "POST /v1/payment_intents/{id}/cancel": Route(payment_intents.cancel),
    "POST /v1/confirmation_tokens": Route(confirmation_tokens.create_in_browser, publishable=True),
    "GET /v1/confirmation_tokens/{id}": Route(confirmation_tokens.retrieve),
    "POST /v1/test_helpers/confirmation_tokens": Route(confirmation_tokens.create_for_test),
    "POST /v1/payment_methods": Route(payment_methods.create, publishable=True),
    "GET /v1/payment_methods": Route(payment_methods.index),
    "GET /v1/payment_methods/{id}": Route(payment_methods.retrieve),
    "POST /v1/customers": Route(customers.create),
    "GET /v1/customers": Route(customers.index),
    "GET /v1/customers/{id}": Route(customers.retrieve),
    "GET /v1/charges": Route(charges.index),
    "GET /v1/charges/{id}": Route(charges.retrieve),
    "POST /v1/refunds": Route(refunds.create),
    "GET /v1/refunds": Route(refunds.index),
    "GET /v1/refunds/{id}": Route(refunds.retrieve),
    "POST /v1/refunds/{id}": Route(refunds.update),
    "POST /v1/refunds/{id}/cancel": Route(refunds.cancel),
    "GET /v1/disputes": Route(disputes.index),
    "GET /v1/disputes/{id}": Route(disputes.retrieve),
    "POST /v1/disputes/{id}": Route(disputes.update),
    "POST /v1/disputes/{id}/close": Route(disputes.close),
    "GET /v1/reviews": Route(reviews.index),
    "GET /v1/reviews/{id}": Route(reviews.retrieve),
    "POST /v1/reviews/{id}/approve": Route(reviews.approve),
    "GET /v1/radar/early_fraud_warnings": Route(early_fraud_warnings.index),
    "GET /v1/radar/early_fraud_warnings/{id}": Route(early_fraud_warnings.retrieve),
    "GET /v1/events": Route(events.index),
    "GET /v1/events/{id}": Route(events.retrieve),
    "POST /v1/events/{id}/retry": Route(events.retry),
    "GET /v1/balance_transactions": Route(balance.index),
    "GET /v1/balance_transactions/{id}": Route(balance.retrieve),
    "GET /v1/payouts": Route(balance.index_payouts),
    "GET /v1/payouts/{id}": Route(balance.retrieve_payout),
    "POST /v1/webhook_endpoints": Route(webhook_endpoints.create),
    "GET /v1/webhook_endpoints": Route(webhook_endpoints.index),
    "GET /v1/webhook_endpoints/{id}": Route(webhook_endpoints.retrieve),
    "POST /v1/webhook_endpoints/{id}": Route(webhook_endpoints.update),
    "DELETE /v1/webhook_endpoints/{id}": Route(webhook_endpoints.delete),
}


def find(method: str, path: str) -> tuple[Route, str] | None:
    """The route and the id in the path, if any."""
    exact = TABLE.get(f"{method} {path}")
    if exact is not None:
        return exact, ""
    steps = path.split("/")
    for position in (len(steps) - 1, len(steps) - 2):
        shape = "/".join([*steps[:position], "{id}", *steps[position + 1 :]])
        found = TABLE.get(f"{method} {shape}")
        if found is not None and steps[position]:
            return found, steps[position]
    return None
