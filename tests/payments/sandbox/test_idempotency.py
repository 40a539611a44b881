"""Stripe's seven rules of idempotency keys."""

import threading

import pytest
import stripe

from tests.payments.sandbox import journeys
from tests.payments.sandbox.process import Sandbox

CREATE = {
    "amount": 9600,
    "currency": "gbp",
    "confirm": True,
    "payment_method": "pm_card_visa",
    "return_url": journeys.RETURN_URL,
}
KEY = {"idempotency_key": "operation-1"}


class TestKept:
    def test_gives_the_first_answer_again(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        first = client.v1.payment_intents.create(CREATE, KEY)
        again = client.v1.payment_intents.create(CREATE, KEY)

        assert again.last_response.body == first.last_response.body
        assert again.last_response.headers["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first.last_response.headers
        assert len(sandbox.books()["charges"]) == 1

    def test_gives_a_refusal_again(self, sandbox: Sandbox, client: stripe.StripeClient) -> None:
        for _ in range(2):
            with pytest.raises(stripe.CardError):
                client.v1.payment_intents.create(
                    {**CREATE, "payment_method": "pm_card_chargeDeclined"}, KEY
                )

        assert len(sandbox.books()["charges"]) == 1

    def test_gives_a_server_error_again_although_the_work_was_done(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        sandbox.fault("error_after", "/v1/payment_intents")

        for _ in range(3):
            with pytest.raises(stripe.APIError):
                client.v1.payment_intents.create(CREATE, KEY)

        assert [intent["status"] for intent in sandbox.books()["payment_intents"]] == ["succeeded"]

    def test_does_not_keep_what_never_began(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.payment_intents.create({**CREATE, "amount": 1}, KEY)
        sandbox.fault("429", "/v1/payment_intents")
        with pytest.raises(stripe.RateLimitError):
            client.v1.payment_intents.create(CREATE, KEY)

        assert client.v1.payment_intents.create(CREATE, KEY).status == "succeeded"

    def test_refuses_other_parameters_and_another_address(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        client.v1.payment_intents.create(CREATE, KEY)

        with pytest.raises(stripe.IdempotencyError):
            client.v1.payment_intents.create({**CREATE, "amount": 100}, KEY)
        with pytest.raises(stripe.IdempotencyError):
            client.v1.customers.create({}, KEY)
        assert len(sandbox.books()["payment_intents"]) == 1

    def test_forgets_after_a_day(self, sandbox: Sandbox, client: stripe.StripeClient) -> None:
        client.v1.payment_intents.create(CREATE, KEY)
        sandbox.advance(24 * 3600 - 60)
        client.v1.payment_intents.create(CREATE, KEY)
        assert len(sandbox.books()["charges"]) == 1
        sandbox.advance(120)

        client.v1.payment_intents.create(CREATE, KEY)

        assert len(sandbox.books()["charges"]) == 2

    def test_refuses_a_key_of_256_characters(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.payment_intents.create(CREATE, {"idempotency_key": "k" * 256})

        assert (
            client.v1.payment_intents.create(CREATE, {"idempotency_key": "k" * 255}).status
            == "succeeded"
        )


class TestRunning:
    def test_refuses_a_second_one_while_the_first_runs(self, sandbox: Sandbox) -> None:
        sandbox.delay(1500)
        answers: list[str] = []
        together = threading.Barrier(6)

        def pay() -> None:
            client = stripe.StripeClient(
                sandbox.secret_key, base_addresses={"api": sandbox.base_url}, max_network_retries=0
            )
            together.wait()
            try:
                answers.append(client.v1.payment_intents.create(CREATE, KEY).status)
            except stripe.APIError as refusal:
                answers.append(f"{refusal.http_status} {refusal.error.code}")

        threads = [threading.Thread(target=pay) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert answers.count("succeeded") == 1
        assert answers.count("409 idempotency_key_in_use") == 5
        assert len(sandbox.books()["charges"]) == 1
