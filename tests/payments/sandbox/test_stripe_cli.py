"""Stripe's own command line drives the sandbox: its trigger sequences, and two stories of ours.

A trigger that ends well proves little (a refused payment that was accepted ends well too), so afterwards the
events are read with the SDK.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
import stripe

from tests.payments.sandbox import stripe_contract
from tests.payments.sandbox.process import Sandbox
from tests.requirements import need

STORIES = Path(__file__).parent / "stories"

TRIGGERS = [
    ("payment_intent.created", "payment_intent.created", {"status": "requires_payment_method"}),
    ("payment_intent.succeeded", "payment_intent.succeeded", {"status": "succeeded"}),
    (
        "payment_intent.amount_capturable_updated",
        "payment_intent.amount_capturable_updated",
        {"status": "requires_capture"},
    ),
    (
        "payment_intent.payment_failed",
        "payment_intent.payment_failed",
        {"status": "requires_payment_method"},
    ),
    (
        "payment_intent.requires_action",
        "payment_intent.requires_action",
        {"status": "requires_action"},
    ),
    ("payment_intent.canceled", "payment_intent.canceled", {"status": "canceled"}),
    ("charge.captured", "charge.captured", {"captured": True}),
    ("charge.refunded", "charge.refunded", {"refunded": True}),
    ("charge.refund.updated", "charge.refund.updated", {"status": "succeeded"}),
    ("charge.dispute.created", "charge.dispute.created", {"status": "warning_needs_response"}),
    ("charge.dispute.closed", "charge.dispute.closed", {"status": "lost"}),
]


class TestTrigger:
    @pytest.mark.parametrize(
        ("trigger", "event_type", "state"), TRIGGERS, ids=[row[0] for row in TRIGGERS]
    )
    def test_leads_to_its_event_and_state(
        self,
        sandbox: Sandbox,
        client: stripe.StripeClient,
        trigger: str,
        event_type: str,
        state: dict,
    ) -> None:
        _run(sandbox, "trigger", trigger)

        found = client.v1.events.list({"type": event_type}).data
        assert len(found) == 1
        shown = found[0].data.object
        assert {name: shown[name] for name in state} == state

    def test_says_only_what_stripe_takes(self, sandbox: Sandbox) -> None:
        _run(sandbox, "trigger", "charge.dispute.closed")

        assert stripe_contract.validate_journal(sandbox.books()) == []


class TestStory:
    def test_a_hold_is_captured_in_part_and_given_back(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        _run(sandbox, "fixtures", str(STORIES / "hold_capture_refund.json"))

        intent = client.v1.payment_intents.list().data[0]
        charge = client.v1.charges.list({"payment_intent": intent.id}).data[0]
        assert (intent.status, intent.amount_received, intent.amount_capturable) == (
            "succeeded",
            7200,
            0,
        )
        assert (charge.amount_captured, charge.amount_refunded) == (7200, 1200)
        assert _types(client) == [
            "charge.captured", "charge.refunded", "charge.succeeded", "payment_intent.amount_capturable_updated",
            "payment_intent.created", "payment_intent.succeeded", "refund.created",
        ]  # fmt: skip

    def test_a_refused_card_is_followed_by_a_good_one_that_is_released(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        _run(sandbox, "fixtures", str(STORIES / "decline_retry_cancel.json"))

        intent = client.v1.payment_intents.list().data[0]
        assert (intent.status, intent.cancellation_reason) == ("canceled", "abandoned")
        assert [charge.status for charge in client.v1.charges.list().data] == [
            "succeeded",
            "failed",
        ]
        assert client.v1.refunds.list().data == []

    def test_an_event_is_sent_again(
        self, sandbox: Sandbox, receiver, client: stripe.StripeClient
    ) -> None:
        _run(sandbox, "trigger", "payment_intent.created")
        assert sandbox.drain_webhooks()
        event = client.v1.events.list().data[0]

        _run(sandbox, "events", "resend", event.id)

        assert sandbox.drain_webhooks()
        assert receiver.types(sandbox.webhook_secret) == ["payment_intent.created"] * 2


def _run(sandbox: Sandbox, *arguments: str) -> None:
    command = [
        str(need("stripe-cli")),
        *arguments,
        "--api-key",
        sandbox.secret_key,
        "--api-base",
        sandbox.base_url,
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        env={
            **os.environ,
            "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
            "XDG_CONFIG_HOME": str(sandbox.store / "cli"),
        },
        check=False,
    )
    requests = [(row["path"], row["status"], row["body"]) for row in sandbox.books()["requests"]]
    assert done.returncode == 0, (
        f"{done.stdout}{done.stderr}{json.dumps(requests, indent=1)[:4000]}"
    )


def _types(client: stripe.StripeClient) -> list[str]:
    return sorted({event.type for event in client.v1.events.list({"limit": 100}).data})
