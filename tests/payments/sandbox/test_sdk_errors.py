"""Every row of Stripe's errors, through the real SDK: which exception, which code, how many requests, one key."""

from collections.abc import Callable, Iterator

import pytest
import stripe

from tests.payments.sandbox import journeys
from tests.payments.sandbox.process import Sandbox

CREATE = {
    "amount": 9600,
    "currency": "gbp",
    "confirm": True,
    "payment_method": "pm_card_visa",
    "capture_method": "manual",
    "return_url": journeys.RETURN_URL,
}


@pytest.fixture
def patient(sandbox: Sandbox) -> Iterator[stripe.StripeClient]:
    """A client with two retries, as the shop's workers have."""
    session = stripe.RequestsClient(timeout=1)
    yield stripe.StripeClient(
        sandbox.secret_key,
        base_addresses={"api": sandbox.base_url},
        http_client=session,
        max_network_retries=2,
    )
    session.close()


class TestCardErrors:
    @pytest.mark.parametrize(
        ("payment_method", "code", "decline_code"),
        [
            ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
            ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
            ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
            ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
            (
                "pm_card_visa_chargeDeclinedVelocityLimitExceeded",
                "card_declined",
                "card_velocity_exceeded",
            ),
            ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
            ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
            ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
            ("pm_card_chargeDeclinedFraudulent", "card_declined", "fraudulent"),
        ],
    )
    def test_a_refused_card_is_a_card_error(
        self,
        patient: stripe.StripeClient,
        sandbox: Sandbox,
        payment_method: str,
        code: str,
        decline_code: str | None,
    ) -> None:
        with pytest.raises(stripe.CardError) as refusal:
            patient.v1.payment_intents.create({**CREATE, "payment_method": payment_method})

        assert refusal.value.http_status == 402
        assert refusal.value.code == code
        assert getattr(refusal.value.error, "decline_code", None) == decline_code
        assert refusal.value.error.payment_intent.status == "requires_payment_method"
        assert len(journeys.posts(sandbox)) == 1

    def test_a_blocked_card_was_never_sent_to_its_bank(
        self, patient: stripe.StripeClient, sandbox: Sandbox
    ) -> None:
        with pytest.raises(stripe.CardError) as refusal:
            patient.v1.payment_intents.create({**CREATE, "payment_method": "pm_card_radarBlock"})

        charge = patient.v1.charges.retrieve(refusal.value.error.charge)
        assert charge.outcome.type == "blocked"
        assert charge.outcome.risk_level == "highest"
        assert charge.outcome.network_status == "not_sent_to_network"

    def test_a_mistyped_number_is_refused_before_anything(
        self, patient: stripe.StripeClient, sandbox: Sandbox
    ) -> None:
        card = {"number": "4242424242424241", "exp_month": 12, "exp_year": 2040, "cvc": "123"}

        with pytest.raises(stripe.CardError) as refusal:
            patient.v1.payment_methods.create({"type": "card", "card": card})

        assert refusal.value.code == "incorrect_number"
        assert "payment_methods" not in sandbox.books()


class TestInvalidRequests:
    @pytest.mark.parametrize(
        ("change", "code", "param"),
        [
            ({"amount": "ten"}, "parameter_invalid_integer", "amount"),
            ({"amount": ""}, "parameter_invalid_empty", "amount"),
            ({"nonsense": "x"}, "parameter_unknown", "nonsense"),
            ({"shipping": {"nonsense": "x"}}, "parameter_unknown", "shipping[nonsense]"),
            ({"currency": None}, "parameter_missing", "currency"),
            ({"amount": 29}, "amount_too_small", "amount"),
            (
                {"payment_method_types": ["card"]},
                "payment_method_types_no_longer_supported",
                "payment_method_types",
            ),
            ({"payment_method": "pm_nobody"}, "resource_missing", "payment_method"),
            ({"customer": "cus_nobody"}, "resource_missing", "customer"),
        ],
    )
    def test_a_bad_parameter_is_named(
        self, patient: stripe.StripeClient, sandbox: Sandbox, change: dict, code: str, param: str
    ) -> None:
        wanted = {name: value for name, value in {**CREATE, **change}.items() if value is not None}

        with pytest.raises(stripe.InvalidRequestError) as refusal:
            patient.v1.payment_intents.create(wanted)

        assert (refusal.value.http_status, refusal.value.code, refusal.value.param) == (
            400,
            code,
            param,
        )
        assert len(journeys.posts(sandbox)) == 1
        assert sandbox.books()["payment_intents"] == []

    @pytest.mark.parametrize(
        ("call", "words"),
        [
            (lambda v1: v1.payment_intents.retrieve("pi_x"), "No such payment_intent: 'pi_x'"),
            (lambda v1: v1.charges.retrieve("ch_x"), "No such charge: 'ch_x'"),
            (lambda v1: v1.refunds.retrieve("re_x"), "No such refund: 're_x'"),
            (
                lambda v1: v1.confirmation_tokens.retrieve("ctoken_x"),
                "No such confirmation_token: 'ctoken_x'",
            ),
        ],
    )
    def test_an_unknown_id_is_missing(
        self, patient: stripe.StripeClient, call: Callable, words: str
    ) -> None:
        with pytest.raises(stripe.InvalidRequestError, match=words) as refusal:
            call(patient.v1)

        assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


class TestStates:
    def test_capture_twice_is_unexpected(
        self, patient: stripe.StripeClient, sandbox: Sandbox
    ) -> None:
        intent = journeys.paid(patient)

        with pytest.raises(stripe.InvalidRequestError) as refusal:
            patient.v1.payment_intents.capture(intent.id)

        assert refusal.value.code == "payment_intent_unexpected_state"
        assert sandbox.books()["payment_intents"][0]["amount_received"] == 9600

    def test_cancel_after_success_is_unexpected(self, patient: stripe.StripeClient) -> None:
        intent = journeys.paid(patient)

        with pytest.raises(stripe.InvalidRequestError) as refusal:
            patient.v1.payment_intents.cancel(intent.id)

        assert refusal.value.code == "payment_intent_unexpected_state"
        assert patient.v1.payment_intents.retrieve(intent.id).status == "succeeded"

    def test_a_hold_that_ran_out_cannot_be_captured(
        self, patient: stripe.StripeClient, sandbox: Sandbox
    ) -> None:
        intent = journeys.hold(patient)
        sandbox.advance(7 * 86400 + 1)

        with pytest.raises(stripe.InvalidRequestError) as refusal:
            patient.v1.payment_intents.capture(intent.id)

        assert refusal.value.code == "capture_charge_authorization_expired"

    def test_a_whole_refund_twice_is_known(self, patient: stripe.StripeClient) -> None:
        intent = journeys.paid(patient)
        patient.v1.refunds.create({"payment_intent": intent.id})

        with pytest.raises(
            stripe.InvalidRequestError, match="has already been refunded"
        ) as refusal:
            patient.v1.refunds.create({"payment_intent": intent.id})

        assert refusal.value.code == "charge_already_refunded"

    def test_a_refund_above_the_rest_names_the_amount(
        self, patient: stripe.StripeClient, sandbox: Sandbox
    ) -> None:
        intent = journeys.paid(patient)
        patient.v1.refunds.create({"payment_intent": intent.id, "amount": 6000})

        with pytest.raises(stripe.InvalidRequestError) as refusal:
            patient.v1.refunds.create({"payment_intent": intent.id, "amount": 6000})

        assert refusal.value.param == "amount"
        assert sandbox.books()["charges"][0]["amount_refunded"] == 6000

    def test_a_disputed_charge_gives_nothing_back(
        self, patient: stripe.StripeClient, sandbox: Sandbox
    ) -> None:
        intent = journeys.paid(patient, "pm_card_createDispute")

        with pytest.raises(stripe.InvalidRequestError) as refusal:
            patient.v1.refunds.create({"payment_intent": intent.id})

        assert refusal.value.code == "charge_disputed"
        assert sandbox.books()["refunds"] == []


class TestKeys:
    def test_the_same_key_with_other_parameters_is_an_idempotency_error(
        self, patient: stripe.StripeClient, sandbox: Sandbox
    ) -> None:
        patient.v1.payment_intents.create(CREATE, {"idempotency_key": "one-key-for-both"})

        with pytest.raises(stripe.IdempotencyError, match="same parameters") as refusal:
            patient.v1.payment_intents.create(
                {**CREATE, "amount": 100}, {"idempotency_key": "one-key-for-both"}
            )

        assert refusal.value.code is None
        assert len(sandbox.books()["payment_intents"]) == 1

    def test_a_key_in_flight_is_retried_as_an_api_error(
        self, patient: stripe.StripeClient, sandbox: Sandbox
    ) -> None:
        sandbox.fault("409", "/v1/payment_intents", times=3)

        with pytest.raises(stripe.APIError) as refusal:
            patient.v1.payment_intents.create(CREATE)

        assert (refusal.value.http_status, refusal.value.code) == (409, None)
        assert refusal.value.error.code == "idempotency_key_in_use"
        assert _keys_of(journeys.posts(sandbox)) == (3, 1)

    @pytest.mark.parametrize(
        ("key", "status"), [("sk_test_of_somebody_else", 401), ("sk_live_never_here", 401)]
    )
    def test_a_wrong_key_is_an_authentication_error(
        self, sandbox: Sandbox, key: str, status: int
    ) -> None:
        with pytest.raises(stripe.AuthenticationError) as refusal:
            _client(sandbox, key).v1.payment_intents.create(CREATE)

        assert refusal.value.http_status == status
        assert sandbox.books()["payment_intents"] == []

    def test_a_key_without_the_right_is_a_permission_error(self, sandbox: Sandbox) -> None:
        sandbox.allow_key("rk_test_reads_events", "GET /v1/events*")
        client = _client(sandbox, "rk_test_reads_events")

        assert client.v1.events.list().data == []
        with pytest.raises(stripe.PermissionError) as refusal:
            client.v1.payment_intents.create(CREATE)

        assert refusal.value.http_status == 403

    def test_a_publishable_key_cannot_take_money(self, sandbox: Sandbox) -> None:
        with pytest.raises(stripe.PermissionError):
            _client(sandbox, sandbox.publishable_key).v1.payment_intents.create(CREATE)

        assert sandbox.books()["payment_intents"] == []


class TestTrouble:
    def test_too_many_requests_is_not_retried(
        self, patient: stripe.StripeClient, sandbox: Sandbox
    ) -> None:
        sandbox.fault("429", "/v1/payment_intents", times=3)

        with pytest.raises(stripe.RateLimitError) as refusal:
            patient.v1.payment_intents.create(CREATE)

        assert (refusal.value.http_status, refusal.value.error.code) == (429, "rate_limit")
        assert _keys_of(journeys.posts(sandbox)) == (1, 1)

    def test_too_many_requests_is_retried_when_stripe_says_so(
        self, patient: stripe.StripeClient, sandbox: Sandbox
    ) -> None:
        sandbox.fault("429", "/v1/payment_intents", times=1, should_retry="true")

        assert patient.v1.payment_intents.create(CREATE).status == "requires_capture"
        assert _keys_of(journeys.posts(sandbox)) == (2, 1)

    def test_a_server_error_is_retried_with_one_key(
        self, patient: stripe.StripeClient, sandbox: Sandbox
    ) -> None:
        sandbox.fault("error_before", "/v1/payment_intents", times=3)

        with pytest.raises(stripe.APIError) as trouble:
            patient.v1.payment_intents.create(CREATE)

        assert trouble.value.http_status == 500
        assert _keys_of(journeys.posts(sandbox)) == (3, 1)
        assert sandbox.books()["payment_intents"] == []

    def test_stripe_can_say_that_a_server_error_is_not_to_be_retried(
        self, patient: stripe.StripeClient, sandbox: Sandbox
    ) -> None:
        sandbox.fault("error_before", "/v1/payment_intents", times=3, should_retry="false")

        with pytest.raises(stripe.APIError):
            patient.v1.payment_intents.create(CREATE)

        assert _keys_of(journeys.posts(sandbox)) == (1, 1)

    def test_a_proxys_page_is_an_api_error(
        self, patient: stripe.StripeClient, sandbox: Sandbox
    ) -> None:
        sandbox.fault("html502", "/v1/payment_intents", times=3)

        with pytest.raises(stripe.APIError):
            patient.v1.payment_intents.create(CREATE)

        assert sandbox.books()["payment_intents"] == []

    @pytest.mark.parametrize("fault", ["drop", "silence"])
    def test_a_dead_line_is_a_connection_error_after_three_tries(
        self, patient: stripe.StripeClient, sandbox: Sandbox, fault: str
    ) -> None:
        sandbox.fault(fault, "/v1/payment_intents", times=3)

        with pytest.raises(stripe.APIConnectionError):
            patient.v1.payment_intents.create(CREATE)

        assert sandbox.books()["payment_intents"] == []

    @pytest.mark.parametrize("fault", ["timeout_after", "drop_after"])
    def test_what_was_done_before_the_line_died_is_found_by_the_retry(
        self, patient: stripe.StripeClient, sandbox: Sandbox, fault: str
    ) -> None:
        sandbox.fault(fault, "/v1/payment_intents")

        assert patient.v1.payment_intents.create(CREATE).status == "requires_capture"
        assert len(sandbox.books()["charges"]) == 1


def _keys_of(rows: list[dict]) -> tuple[int, int]:
    return len(rows), len({row["headers"]["idempotency-key"] for row in rows})


def _client(sandbox: Sandbox, key: str) -> stripe.StripeClient:
    return stripe.StripeClient(key, base_addresses={"api": sandbox.base_url}, max_network_retries=0)
