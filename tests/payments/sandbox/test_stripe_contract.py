"""A recorded journey through everything, judged by Stripe's OpenAPI document and example objects."""

import json
from copy import deepcopy
from typing import Any

import pytest
import stripe

from tests.payments.sandbox import journeys, stripe_contract
from tests.payments.sandbox.process import Sandbox
from tests.requirements import shared_data


@pytest.fixture(scope="module")
def books(sandbox_process: Sandbox) -> dict[str, Any]:
    """The books after every kind of call and every kind of event."""
    sandbox = sandbox_process
    sandbox.reset()
    session = stripe.RequestsClient(timeout=10)
    client = stripe.StripeClient(
        sandbox.secret_key, base_addresses={"api": sandbox.base_url}, http_client=session
    )
    _pay_and_give_back(client)
    _decline_and_challenge(client)
    _dispute(sandbox, client)
    _review_and_expire(sandbox, client)
    _read_lists(sandbox, client)
    session.close()
    return sandbox.books()


class TestValidateJournal:
    def test_finds_nothing_wrong_with_the_sandbox(self, books: dict[str, Any]) -> None:
        problems = stripe_contract.validate_journal(books)

        assert problems == [], "\n".join(problems)

    def test_covers_every_call_and_every_event(self, books: dict[str, Any]) -> None:
        kinds = {found["object"] for found in stripe_contract.objects_of(books)}
        types = {event["type"] for event in books["events"]}

        assert kinds >= {
            "payment_intent", "charge", "refund", "dispute", "review", "radar.early_fraud_warning", "event",
            "balance_transaction", "payout", "customer", "payment_method", "confirmation_token", "webhook_endpoint",
        }  # fmt: skip
        assert types >= {
            "payment_intent.created", "payment_intent.succeeded", "payment_intent.requires_action",
            "payment_intent.payment_failed", "payment_intent.amount_capturable_updated", "payment_intent.canceled",
            "charge.succeeded", "charge.failed", "charge.captured", "charge.refunded", "charge.expired",
            "refund.created", "refund.updated", "refund.failed", "charge.dispute.created", "charge.dispute.updated",
            "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated", "charge.dispute.closed",
            "radar.early_fraud_warning.created", "radar.early_fraud_warning.updated", "review.opened", "review.closed",
            "payout.created", "payout.paid", "customer.created",
        }  # fmt: skip

    def test_finds_every_key_of_stripes_examples(self, books: dict[str, Any]) -> None:
        text = (shared_data() / "stripe" / "fixtures3.json").read_text()
        examples = json.loads(text)["resources"]

        lacking = {
            (found["object"], name)
            for found in stripe_contract.objects_of(books)
            for name in stripe_contract.missing_keys(found, examples)
        }

        assert lacking == set()

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (
                lambda row: row["params"].update(nonsense="x"),
                "Additional properties are not allowed",
            ),
            (
                lambda row: row["params"].update(amount="ten"),
                "amount: 'ten' is not of type 'integer'",
            ),
            (lambda row: row["params"].pop("currency"), "'currency' is a required property"),
            (lambda row: row["params"].update(payment_method_types=["card"]), "is gone from"),
            (lambda row: row["params"].update(capture_method="later"), "is not one of"),
            (
                lambda row: row["body"].update(amount="9600"),
                "amount: '9600' is not of type 'integer'",
            ),
            (
                lambda row: row["body"].pop("client_secret") and row["body"].pop("status"),
                "'status' is a required",
            ),
            (lambda row: row["body"].update(status="paid"), "'paid' is not one of"),
            (lambda row: row["body"].update(colour="red"), "has the key colour"),
            (lambda row: row.update(path="/v1/payments"), "Stripe has no such call"),
        ],
    )
    def test_has_teeth(self, books: dict[str, Any], spoil: Any, words: str) -> None:
        made = (row for row in books["requests"] if row["path"] == "/v1/payment_intents")
        row = deepcopy(next(row for row in made if row["status"] == 200))
        spoil(row)

        problems = stripe_contract.validate_journal({"requests": [row], "events": []})

        assert any(words in problem for problem in problems), problems

    def test_judges_events_too(self, books: dict[str, Any]) -> None:
        first, second = deepcopy(books["events"][:2])
        del first["pending_webhooks"]
        second["data"]["object"]["created"] = "today"

        problems = stripe_contract.validate_journal({"requests": [], "events": [first, second]})

        assert "pending_webhooks" in problems[0]
        assert "'today' is not of type 'integer'" in problems[-1]


def _pay_and_give_back(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "A. Buyer", "email": "buyer@example.com"})
    intent = journeys.hold(
        client,
        customer=customer.id,
        description="Two places",
        receipt_email="buyer@example.com",
        statement_descriptor_suffix="LEEDS",
        payment_method_options={"card": {"request_three_d_secure": "any"}},
        shipping={"name": "A. Buyer", "address": {"line1": "1 High Street", "country": "GB"}},
    )
    client.v1.payment_intents.update(
        intent.id, {"metadata": {"booking": "RFT-7KQ9TC"}, "description": "New words"}
    )
    client.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 9000})
    refund = client.v1.refunds.create(
        {
            "payment_intent": intent.id,
            "amount": 1000,
            "reason": "requested_by_customer",
            "metadata": {"a": "b"},
        }
    )
    client.v1.refunds.update(refund.id, {"metadata": {"seen": "yes"}})
    client.v1.refunds.create(
        {"charge": journeys.charge_of(client, intent).id, "reason": "duplicate"}
    )
    client.v1.payment_intents.retrieve(
        intent.id,
        {"expand": ["latest_charge.balance_transaction", "latest_charge.refunds", "customer"]},
    )
    canceled = journeys.hold(client)
    client.v1.payment_intents.cancel(canceled.id, {"cancellation_reason": "fraudulent"})
    for card in ("pm_card_pendingRefund", "pm_card_refundFail"):
        client.v1.refunds.create({"payment_intent": journeys.paid(client, card).id})
    at_once = client.v1.payment_intents.create(
        {
            "amount": 500,
            "currency": "gbp",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    client.v1.payment_intents.confirm(at_once.id, {"payment_method": "pm_card_visa"})


def _decline_and_challenge(client: stripe.StripeClient) -> None:
    for card in (
        "pm_card_chargeDeclined",
        "pm_card_radarBlock",
        "pm_card_chargeDeclinedExpiredCard",
    ):
        with pytest.raises(stripe.CardError):
            journeys.hold(client, card)
    journeys.hold(client, "pm_card_authenticationRequired")
    journeys.hold(client, "pm_card_authenticationRequired", use_stripe_sdk=False)
    data = {"type": "card", "card": {"number": "4242424242424242", "exp_month": 3, "exp_year": 2040, "cvc": "123"},
            "billing_details": {"name": "A", "address": {"country": "GB", "postal_code": "LS1 1AA"}}}  # fmt: skip
    client.v1.test_helpers.confirmation_tokens.create(
        {"payment_method_data": data, "return_url": journeys.RETURN_URL}
    )
    client.v1.payment_methods.create({"type": "card", "card": data["card"]})


def _dispute(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    for card, words in (
        ("pm_card_createDispute", "winning_evidence"),
        ("pm_card_createDispute", "losing_evidence"),
    ):
        intent = journeys.paid(client, card)
        dispute = client.v1.disputes.list({"payment_intent": intent.id}).data[0]
        client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": words}})
    journeys.paid(client, "pm_card_createDisputeInquiry")
    journeys.paid(client, "pm_card_createMultipleDisputes")
    closed = journeys.paid(client, "pm_card_createDisputeProductNotReceived")
    client.v1.disputes.close(client.v1.disputes.list({"payment_intent": closed.id}).data[0].id)
    warned = journeys.paid(client, "pm_card_createIssuerFraudRecord")
    client.v1.refunds.create({"payment_intent": warned.id, "reason": "fraudulent"})
    sandbox.advance(60)


def _review_and_expire(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    first, second = (journeys.hold(client, "pm_card_riskLevelElevated") for _ in range(2))
    assert isinstance(first.review, str)
    client.v1.reviews.retrieve(first.review)
    client.v1.reviews.list()
    client.v1.reviews.approve(first.review)
    client.v1.payment_intents.capture(first.id)
    sandbox.advance(8 * 86400)
    assert client.v1.payment_intents.retrieve(second.id).status == "canceled"
    sandbox.payout()


def _read_lists(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    v1 = client.v1
    for listed in (v1.payment_intents, v1.charges, v1.refunds, v1.disputes, v1.radar.early_fraud_warnings,
                   v1.balance_transactions, v1.payouts, v1.webhook_endpoints, v1.customers):  # fmt: skip
        found = listed.list({"limit": 100}).data
        listed.retrieve(found[0].id)
    v1.payment_methods.retrieve(v1.charges.list({"limit": 1}).data[0].payment_method or "")
    payout = v1.payouts.list().data[0]
    v1.balance_transactions.list({"payout": payout.id, "limit": 5})
    endpoint = v1.webhook_endpoints.create(
        {
            "url": "http://127.0.0.1:9/none",
            "enabled_events": ["review.opened"],
            "api_version": "2026-10-28.endive",
        }
    )
    v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
    v1.webhook_endpoints.delete(endpoint.id)
    v1.events.retrieve(
        v1.events.list({"types": ["charge.captured"], "delivery_success": True}).data[0].id
    )
    v1.events.list({"type": "charge.refunded", "created": {"gte": sandbox.now() - 30 * 86400}})
