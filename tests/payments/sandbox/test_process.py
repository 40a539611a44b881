"""The sandbox as a process: its books outlive a kill, its faults cut cleanly, and it knows nothing of the shop."""

import subprocess
import sys
from pathlib import Path

import pytest
import stripe

from tests.payments.sandbox import journeys
from tests.payments.sandbox.process import ROOT, ControlRefused, Sandbox, start_sandbox

CREATE = {
    "amount": 9600,
    "currency": "gbp",
    "confirm": True,
    "payment_method": "pm_card_visa",
    "return_url": journeys.RETURN_URL,
}


class TestKill:
    def test_loses_nothing_that_was_answered(self, tmp_path: Path) -> None:
        sandbox = start_sandbox(tmp_path)
        intent = _client(sandbox).v1.payment_intents.create(
            CREATE, {"idempotency_key": "before-the-kill"}
        )
        sandbox.advance(3600)
        before = sandbox.books()
        sandbox.kill()

        sandbox.restart()

        try:
            again = _client(sandbox).v1.payment_intents.create(
                CREATE, {"idempotency_key": "before-the-kill"}
            )
            after = sandbox.books()
            assert again.id == intent.id
            assert after["charges"] == before["charges"]
            assert after["events"] == before["events"]
            assert after["now"] >= before["now"]
        finally:
            sandbox.stop()

    def test_delivers_what_was_waiting(self, tmp_path: Path, receiver_process) -> None:
        receiver_process.clear()
        sandbox = start_sandbox(tmp_path, webhook_url=receiver_process.url)
        sandbox.webhooks("hold")
        _client(sandbox).v1.customers.create({"name": "A"})
        sandbox.kill()

        sandbox.restart()

        try:
            sandbox.webhooks("release")
            assert sandbox.drain_webhooks()
            assert receiver_process.types(sandbox.webhook_secret) == ["customer.created"]
        finally:
            sandbox.stop()


class TestFaults:
    def test_strike_the_calls_they_name_and_no_others(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        sandbox.fault("error_before", "/v1/payment_intents/*/capture", "POST", times=2, skip=1)
        first, second = journeys.hold(client), journeys.hold(client)

        client.v1.payment_intents.capture(first.id)
        for _ in range(2):
            with pytest.raises(stripe.APIError):
                client.v1.payment_intents.capture(second.id)

        assert client.v1.payment_intents.capture(second.id).status == "succeeded"

    def test_are_forgotten_when_cleared(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        sandbox.fault("429", times=100)
        sandbox.clear_faults()

        assert client.v1.customers.list().data == []

    def test_are_noted_in_the_journal(self, sandbox: Sandbox, client: stripe.StripeClient) -> None:
        sandbox.fault("error_after", "/v1/payment_intents")
        with pytest.raises(stripe.APIError):
            client.v1.payment_intents.create(CREATE)

        row = sandbox.books()["requests"][-1]
        assert (row["fault"], row["status"], row["params"]["amount"]) == (
            "error_after",
            500,
            "9600",
        )

    def test_an_unknown_one_is_refused(self, sandbox: Sandbox) -> None:
        with pytest.raises(ControlRefused):
            sandbox.fault("earthquake")

    def test_the_control_plane_has_its_own_token(self, sandbox: Sandbox) -> None:
        other = Sandbox(
            store=sandbox.store,
            environment={"SANDBOX_CONTROL_TOKEN": sandbox.secret_key},
            port=sandbox.port,
        )

        with pytest.raises(ControlRefused, match="401"):
            other.books()


class TestStranger:
    def test_imports_neither_the_shop_nor_django(self) -> None:
        words = (
            "import sys, payments.sandbox.__main__\n"
            "foreign = {'django', 'stripe', 'core', 'courses', 'fraud', 'invoicing', 'config'}\n"
            "shop = {name for name in sys.modules if name.startswith('payments.')"
            " and not name.startswith('payments.sandbox')}\n"
            "print(sorted(foreign & set(sys.modules)), sorted(shop))"
        )
        done = subprocess.run(
            [sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True
        )

        assert done.stdout.strip() == "[] []"


def _client(sandbox: Sandbox) -> stripe.StripeClient:
    return stripe.StripeClient(
        sandbox.secret_key, base_addresses={"api": sandbox.base_url}, max_network_retries=0
    )
