"""PaymentIntents by ConfirmationToken with manual capture, as the shop uses them."""

import pytest
import stripe

from tests.payments.sandbox import journeys
from tests.payments.sandbox.process import Sandbox


class TestConfirmationToken:
    def test_shows_the_card_before_anything_is_charged(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        found = client.v1.confirmation_tokens.retrieve(journeys.token(client, "pm_card_gb"))

        card = found.payment_method_preview.card
        assert (card.brand, card.country, card.funding, card.last4) == (
            "visa",
            "GB",
            "credit",
            "0000",
        )
        assert card.checks.cvc_check == "unchecked"
        assert found.expires_at == found.created + 12 * 3600
        assert sandbox.books()["charges"] == []

    def test_has_one_fingerprint_for_one_card(self, client: stripe.StripeClient) -> None:
        names = ["pm_card_visa", "pm_card_visa", "pm_card_gb"]
        tokens = [
            client.v1.confirmation_tokens.retrieve(journeys.token(client, name)) for name in names
        ]

        first, again, other = (token.payment_method_preview.card.fingerprint for token in tokens)
        assert first == again
        assert first != other

    def test_is_used_once(self, sandbox: Sandbox, client: stripe.StripeClient) -> None:
        made = journeys.token(client)
        held = journeys.hold(client, confirmation_token=made)

        with pytest.raises(stripe.InvalidRequestError, match="already been used"):
            journeys.hold(client, confirmation_token=made)

        assert client.v1.confirmation_tokens.retrieve(made).payment_intent == held.id
        assert len(sandbox.books()["charges"]) == 1

    def test_lives_twelve_hours(self, sandbox: Sandbox, client: stripe.StripeClient) -> None:
        made = journeys.token(client)
        sandbox.advance(12 * 3600)

        with pytest.raises(stripe.InvalidRequestError, match="expired"):
            journeys.hold(client, confirmation_token=made)

        assert sandbox.books()["payment_intents"] == []


class TestHold:
    def test_keeps_the_money_for_seven_days(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        held = journeys.hold(client)
        charge = journeys.charge_of(client, held)

        assert (held.status, held.amount_capturable, held.amount_received) == (
            "requires_capture",
            9600,
            0,
        )
        assert (charge.captured, charge.paid, charge.outcome.type) == (False, True, "authorized")
        assert charge.payment_method_details.card.capture_before == charge.created + 7 * 86400
        assert charge.payment_method_details.card.checks.cvc_check == "pass"
        assert charge.metadata["booking"] == "RFT-7KQ9TC"
        assert sorted(journeys.event_types(sandbox)) == [
            "charge.succeeded", "payment_intent.amount_capturable_updated", "payment_intent.created",
        ]  # fmt: skip

    def test_lets_it_go_when_the_days_are_over(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        held = journeys.hold(client)
        sandbox.advance(7 * 86400 - 5)
        assert client.v1.payment_intents.retrieve(held.id).status == "requires_capture"
        sandbox.advance(10)

        gone = client.v1.payment_intents.retrieve(held.id)
        assert (gone.status, gone.amount_capturable) == ("canceled", 0)
        assert {"charge.expired", "payment_intent.canceled"} <= set(journeys.event_types(sandbox))
        assert sandbox.books()["refunds"] == []

    def test_tells_of_a_card_that_failed_its_checks(self, client: stripe.StripeClient) -> None:
        held = journeys.hold(client, "pm_card_cvcCheckFail")

        assert (
            journeys.charge_of(client, held).payment_method_details.card.checks.cvc_check == "fail"
        )

    def test_asks_no_bank_for_a_card_that_is_not_enrolled(
        self, client: stripe.StripeClient
    ) -> None:
        options = {"card": {"request_three_d_secure": "any"}}
        held = journeys.hold(client, payment_method_options=options)

        secured = journeys.charge_of(client, held).payment_method_details.card.three_d_secure
        assert secured.result == "attempt_acknowledged"

    def test_asks_the_bank_of_an_enrolled_card_on_request(
        self, client: stripe.StripeClient
    ) -> None:
        assert journeys.hold(client, "pm_card_threeDSecureOptional").status == "requires_capture"
        options = {"card": {"request_three_d_secure": "any"}}

        asked = journeys.hold(
            client, "pm_card_threeDSecureOptional", payment_method_options=options
        )

        assert (asked.status, asked.next_action.type) == ("requires_action", "use_stripe_sdk")

    def test_needs_a_return_url_for_methods_that_redirect(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            journeys.hold(client, return_url="")

        assert refusal.value.param == "return_url"
        assert sandbox.books()["payment_intents"] == []


class TestCapture:
    def test_takes_the_money_with_its_fee(self, client: stripe.StripeClient) -> None:
        intent = journeys.paid(client, "pm_card_gb")
        transaction = client.v1.balance_transactions.list({"source": intent.latest_charge}).data[0]

        assert (intent.status, intent.amount_received) == ("succeeded", 9600)
        assert (transaction.amount, transaction.fee, transaction.net) == (9600, 164, 9436)

    def test_takes_a_part_and_releases_the_rest(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        held = journeys.hold(client)
        client.v1.payment_intents.capture(held.id, params={"amount_to_capture": 5000})

        charge = journeys.charge_of(client, held)
        assert (charge.amount, charge.amount_captured, charge.refunded) == (9600, 5000, False)
        assert sandbox.books()["refunds"] == []

    def test_never_takes_more_than_was_held(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        held = journeys.hold(client)

        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.payment_intents.capture(held.id, params={"amount_to_capture": 9601})

        assert refusal.value.param == "amount_to_capture"
        assert sandbox.books()["charges"][0]["captured"] is False


class TestCancel:
    def test_releases_the_hold_without_a_refund(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        held = journeys.hold(client)
        canceled = client.v1.payment_intents.cancel(held.id, {"cancellation_reason": "fraudulent"})

        assert (canceled.status, canceled.cancellation_reason) == ("canceled", "fraudulent")
        assert sandbox.books()["refunds"] == []
        assert sandbox.books()["balance_transactions"] == []
        assert "payment_intent.canceled" in journeys.event_types(sandbox)


class TestDecline:
    def test_leaves_an_intent_that_waits_for_another_card(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        with pytest.raises(stripe.CardError) as refusal:
            journeys.hold(client, "pm_card_chargeDeclined")
        intent = client.v1.payment_intents.retrieve(refusal.value.error.payment_intent.id)
        assert (intent.status, intent.last_payment_error.decline_code) == (
            "requires_payment_method", "generic_decline",
        )  # fmt: skip
        assert set(journeys.event_types(sandbox)) == {
            "payment_intent.created", "charge.failed", "payment_intent.payment_failed",
        }  # fmt: skip

        better = client.v1.payment_intents.confirm(
            intent.id,
            {"confirmation_token": journeys.token(client), "return_url": journeys.RETURN_URL},
        )

        assert (better.status, better.last_payment_error) == ("requires_capture", None)


class TestReview:
    def test_opens_for_elevated_risk_and_closes_on_approval_without_taking_money(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        held = journeys.hold(client, "pm_card_riskLevelElevated")
        outcome = journeys.charge_of(client, held).outcome
        assert (outcome.risk_level, outcome.type) == ("elevated", "manual_review")
        assert [review.id for review in client.v1.reviews.list().data] == [held.review]

        closed = client.v1.reviews.approve(str(held.review))

        assert (closed.open, closed.closed_reason, closed.reason) == (False, "approved", "approved")
        after = client.v1.payment_intents.retrieve(held.id)
        assert (after.status, after.review) == ("requires_capture", None)
        assert client.v1.reviews.list().data == []
        assert {"review.opened", "review.closed"} <= set(journeys.event_types(sandbox))
