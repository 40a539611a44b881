"""Webhooks: signed anew each time, tried again until they are taken, and broken on order."""

import time

import pytest
import stripe

from tests.payments.sandbox import journeys
from tests.payments.sandbox.conftest import Receiver
from tests.payments.sandbox.process import Sandbox


class TestDeliver:
    def test_sends_every_event_once(
        self, sandbox: Sandbox, receiver: Receiver, client: stripe.StripeClient
    ) -> None:
        journeys.paid(client)
        assert sandbox.drain_webhooks()

        assert sorted(receiver.types(sandbox.webhook_secret)) == sorted(
            journeys.event_types(sandbox)
        )
        assert client.v1.events.list({"delivery_success": False}).data == []

    def test_tries_again_with_a_new_signature_until_it_is_taken(
        self, sandbox: Sandbox, receiver: Receiver, client: stripe.StripeClient
    ) -> None:
        receiver.answers = [500, 503]
        client.v1.customers.create({"name": "A"})
        assert sandbox.drain_webhooks()
        assert [
            event.type for event in client.v1.events.list({"delivery_success": False}).data
        ] == ["customer.created"]

        for seconds in (6, 31):
            time.sleep(1.05)  # a signature carries the second it was made in
            sandbox.advance(seconds)
            assert sandbox.drain_webhooks()

        assert [delivery.answered for delivery in receiver.deliveries] == [500, 503, 200]
        assert len({delivery.signature for delivery in receiver.deliveries}) == 3
        assert (
            len({delivery.event(sandbox.webhook_secret).id for delivery in receiver.deliveries})
            == 1
        )
        assert client.v1.events.list({"delivery_success": False}).data == []

    def test_gives_up_after_three_days_and_keeps_the_event(
        self, sandbox: Sandbox, receiver: Receiver, client: stripe.StripeClient
    ) -> None:
        receiver.answers = [500] * 20
        client.v1.customers.create({"name": "A"})

        for _ in range(16):
            assert sandbox.drain_webhooks()
            sandbox.advance(12 * 3600)

        assert [row["state"] for row in sandbox.books()["deliveries"]] == ["given_up"]
        assert len(receiver.deliveries) == 13
        assert len(client.v1.events.list({"delivery_success": False}).data) == 1

    def test_tells_one_endpoint_only_what_it_asked_for(
        self, sandbox: Sandbox, receiver: Receiver, client: stripe.StripeClient
    ) -> None:
        made = client.v1.webhook_endpoints.create(
            {"url": receiver.url, "enabled_events": ["charge.captured"]}
        )
        journeys.paid(client)
        assert sandbox.drain_webhooks()

        mine = [
            delivery for delivery in receiver.deliveries if _is_signed(delivery, made.secret or "")
        ]
        assert [delivery.event(made.secret or "").type for delivery in mine] == ["charge.captured"]


class TestModes:
    def test_holds_and_releases(
        self, sandbox: Sandbox, receiver: Receiver, client: stripe.StripeClient
    ) -> None:
        sandbox.webhooks("hold")
        journeys.hold(client)
        assert sandbox.drain_webhooks()
        assert receiver.deliveries == []

        assert sandbox.webhooks("release")["released"] == 3

        assert sandbox.drain_webhooks()
        assert len(receiver.deliveries) == 3

    @pytest.mark.parametrize(
        ("mode", "ids", "deliveries"), [("duplicate", 1, 2), ("twin", 2, 2), ("never", 1, 0)]
    )
    def test_repeats_or_loses(
        self,
        sandbox: Sandbox,
        receiver: Receiver,
        client: stripe.StripeClient,
        mode: str,
        ids: int,
        deliveries: int,
    ) -> None:
        sandbox.webhooks(mode)
        client.v1.customers.create({"name": "A"})
        assert sandbox.drain_webhooks()

        assert len(receiver.deliveries) == deliveries
        assert len(client.v1.events.list().data) == ids

    def test_touches_only_the_types_it_is_told_to(
        self, sandbox: Sandbox, receiver: Receiver, client: stripe.StripeClient
    ) -> None:
        sandbox.webhooks("never", types=["charge.succeeded"])
        journeys.hold(client)
        assert sandbox.drain_webhooks()

        assert sorted(receiver.types(sandbox.webhook_secret)) == [
            "payment_intent.amount_capturable_updated", "payment_intent.created",
        ]  # fmt: skip

    def test_comes_late(
        self, sandbox: Sandbox, receiver: Receiver, client: stripe.StripeClient
    ) -> None:
        sandbox.webhooks("late", seconds=300)
        client.v1.customers.create({"name": "A"})
        assert sandbox.drain_webhooks()
        assert receiver.deliveries == []
        sandbox.advance(301)

        assert sandbox.drain_webhooks()
        assert len(receiver.deliveries) == 1

    def test_comes_in_another_order(
        self, sandbox: Sandbox, receiver: Receiver, client: stripe.StripeClient
    ) -> None:
        sandbox.webhooks("reorder", seconds=60)
        for name in "abc":
            client.v1.customers.create({"name": name})
        sandbox.advance(61)
        assert sandbox.drain_webhooks()

        events = [delivery.event(sandbox.webhook_secret) for delivery in receiver.deliveries]
        names = [event.data.object["name"] for event in events]
        assert sorted(names) == ["a", "b", "c"]
        assert names[0] != "a"

    @pytest.mark.parametrize(
        ("signature", "accepted"),
        [
            ("valid", True),
            ("rolled", True),
            ("future_timestamp", True),
            ("wrong_secret", False),
            ("old_timestamp", False),
            ("v0", False),
            ("missing", False),
        ],
    )
    def test_signs_as_it_is_told(
        self,
        sandbox: Sandbox,
        receiver: Receiver,
        client: stripe.StripeClient,
        signature: str,
        accepted: bool,
    ) -> None:
        client.v1.customers.create({"name": "A"})
        assert sandbox.drain_webhooks()
        receiver.clear()

        sandbox.send_webhook(event=sandbox.events()[0]["id"], signature=signature)

        assert _is_signed(receiver.deliveries[0], sandbox.webhook_secret) is accepted

    def test_sends_what_stripe_never_would(self, sandbox: Sandbox, receiver: Receiver) -> None:
        sandbox.send_webhook(
            type="moon.risen", object={"object": "moon"}, change={"api_version": "2011-01-01"}
        )

        event = receiver.deliveries[0].event(sandbox.webhook_secret)
        assert (event.type, event.api_version) == ("moon.risen", "2011-01-01")


def _is_signed(delivery, secret: str) -> bool:
    try:
        delivery.event(secret)
    except stripe.SignatureVerificationError:
        return False
    return True
