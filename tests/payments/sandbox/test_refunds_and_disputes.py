"""Money going back: refunds, disputes, warnings, and what reaches the bank account."""

import pytest
import stripe

from tests.payments.sandbox import journeys
from tests.payments.sandbox.process import Sandbox


class TestRefund:
    def test_gives_back_in_parts_up_to_the_whole(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        intent = journeys.paid(client)
        client.v1.refunds.create(
            {"payment_intent": intent.id, "amount": 3600, "metadata": {"operation_id": "r1"}}
        )
        last = client.v1.refunds.create({"payment_intent": intent.id})

        charge = journeys.charge_of(client, intent)
        assert (last.amount, charge.amount_refunded, charge.refunded) == (6000, 9600, True)
        assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
        assert [
            refund.amount for refund in client.v1.refunds.list({"payment_intent": intent.id}).data
        ] == [6000, 3600]
        assert sum(row["amount"] for row in sandbox.books()["balance_transactions"]) == 0

    def test_of_a_hold_is_refused(self, sandbox: Sandbox, client: stripe.StripeClient) -> None:
        held = journeys.hold(client)

        with pytest.raises(stripe.InvalidRequestError):
            client.v1.refunds.create({"payment_intent": held.id})

        assert sandbox.books()["refunds"] == []

    def test_stays_pending_and_arrives(self, sandbox: Sandbox, client: stripe.StripeClient) -> None:
        refund = client.v1.refunds.create(
            {"payment_intent": journeys.paid(client, "pm_card_pendingRefund").id}
        )
        assert refund.status == "pending"
        sandbox.advance(31)

        assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
        assert "refund.updated" in journeys.event_types(sandbox)

    def test_fails_later_and_the_money_is_back(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        intent = journeys.paid(client, "pm_card_refundFail")
        refund = client.v1.refunds.create({"payment_intent": intent.id})
        assert refund.status == "succeeded"
        sandbox.advance(31)

        failed = client.v1.refunds.retrieve(refund.id)
        assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
        assert journeys.charge_of(client, intent).amount_refunded == 0
        assert "refund.failed" in journeys.event_types(sandbox)


class TestDispute:
    @pytest.mark.parametrize(
        ("words", "status", "balance"),
        [("winning_evidence", "won", 9600), ("losing_evidence", "lost", 0)],
    )
    def test_is_decided_by_its_evidence(
        self, sandbox: Sandbox, client: stripe.StripeClient, words: str, status: str, balance: int
    ) -> None:
        intent = journeys.paid(client, "pm_card_createDispute")
        dispute = client.v1.disputes.list({"payment_intent": intent.id}).data[0]
        assert (dispute.status, dispute.reason, dispute.amount) == (
            "needs_response",
            "fraudulent",
            9600,
        )
        sent = client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": words}})
        assert sent.status == "under_review"
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "more"}})
        sandbox.advance(10)

        assert client.v1.disputes.retrieve(dispute.id).status == status
        assert sum(row["amount"] for row in sandbox.books()["balance_transactions"]) == balance

    def test_is_lost_when_nobody_answers(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        intent = journeys.paid(client)
        made = sandbox.dispute(payment_intent=intent.id, reason="product_not_received")
        sandbox.advance(10 * 86400)

        lost = client.v1.disputes.retrieve(made["id"])
        assert (lost.status, lost.evidence_details.past_due) == ("lost", True)

    def test_an_inquiry_takes_no_money_and_leaves_a_refund_possible(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        intent = journeys.paid(client, "pm_card_createDisputeInquiry")
        dispute = client.v1.disputes.list({"payment_intent": intent.id}).data[0]

        assert (dispute.status, dispute.is_charge_refundable) == ("warning_needs_response", True)
        assert journeys.charge_of(client, intent).disputed is False
        assert (
            client.v1.refunds.create({"payment_intent": intent.id, "amount": 100}).status
            == "succeeded"
        )

    def test_an_inquiry_may_become_a_dispute(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        intent = journeys.paid(client, "pm_card_createDisputeInquiry")
        dispute = client.v1.disputes.list({"payment_intent": intent.id}).data[0]
        sandbox.move_dispute(dispute.id, "needs_response")

        assert journeys.charge_of(client, intent).disputed is True
        assert "charge.dispute.funds_withdrawn" in journeys.event_types(sandbox)

    def test_there_may_be_several_on_one_charge(self, client: stripe.StripeClient) -> None:
        intent = journeys.paid(client, "pm_card_createMultipleDisputes")

        assert len(client.v1.disputes.list({"payment_intent": intent.id}).data) == 2


class TestEarlyFraudWarning:
    def test_is_settled_by_a_whole_refund(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        intent = journeys.paid(client)
        sandbox.early_fraud_warning(payment_intent=intent.id)
        warning = client.v1.radar.early_fraud_warnings.list({"payment_intent": intent.id}).data[0]
        assert warning.actionable is True
        client.v1.refunds.create({"payment_intent": intent.id, "reason": "fraudulent"})

        assert client.v1.radar.early_fraud_warnings.retrieve(warning.id).actionable is False
        assert "radar.early_fraud_warning.updated" in journeys.event_types(sandbox)


class TestPayout:
    def test_carries_what_was_not_yet_paid_out(
        self, sandbox: Sandbox, client: stripe.StripeClient
    ) -> None:
        intent = journeys.paid(client)
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 1000})
        first, second = sandbox.payout(), sandbox.payout()

        carried = client.v1.balance_transactions.list({"payout": first["id"]}).data
        assert {row.type for row in carried} == {"charge", "refund"}
        assert first["amount"] == sum(row.net for row in carried)
        assert (second["amount"], client.v1.payouts.retrieve(first["id"]).status) == (0, "paid")
