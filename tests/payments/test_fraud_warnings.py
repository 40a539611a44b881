"""What a card's bank calls fraud: heard, kept, shown, and known to fraud as a label."""

from dataclasses import replace

import pytest
from django.urls import reverse

from fraud.models import Outcome
from payments.gateways.base import GatewayWarning
from payments.models import FraudWarning, Payment, WebhookEvent
from payments.services import disputes, fraud_warnings, webhooks
from tests.core.backoffice import staff
from tests.payments import make
from tests.payments.test_webhooks import gateway_dispute, tell

pytestmark = pytest.mark.django_db(transaction=True)

CARD = "pm_card_createIssuerFraudRecord"


def kinds(payment: Payment) -> set[str]:
    return set(Outcome.objects.filter(payment_id=payment.id).values_list("kind", flat=True))


def warning_of(payment: Payment, now, **changes) -> GatewayWarning:
    values = {
        "id": "issfr_1", "fraud_type": "made_with_stolen_card", "actionable": True,
        "payment_id": payment.gateway_id, "charge_id": payment.charge_id, "created_at": now,
    }  # fmt: skip
    return GatewayWarning(**values | changes)


class TestHearing:
    def test_is_kept_and_known_to_fraud(self, sandbox, now):
        payment = make.pay(make.ready(now=now), sandbox, CARD, now=now)

        for event in sandbox.events("radar.early_fraud_warning.created"):
            tell(event, now)

        warning = FraudWarning.objects.get()
        assert warning.payment == payment
        assert warning.actionable
        assert "warned" in kinds(payment)
        assert "disputed" not in kinds(payment)

    def test_twice_is_once(self, sandbox, now):
        payment = make.pay(make.ready(now=now), sandbox, CARD, now=now)
        (event,) = sandbox.events("radar.early_fraud_warning.created")

        tell(event, now)
        webhooks.process_again(
            event_pk=WebhookEvent.objects.latest("received_at").pk, actor="x", now=now
        )

        assert FraudWarning.objects.count() == 1
        assert Outcome.objects.filter(payment_id=payment.id, kind="warned").count() == 1

    def test_of_a_payment_that_is_not_ours_is_ignored(self, sandbox, now):
        payment = make.pay(make.ready(now=now), sandbox, CARD, now=now)
        Payment.objects.filter(pk=payment.pk).update(
            gateway_id="pi_another", charge_id="ch_another"
        )

        for event in sandbox.events("radar.early_fraud_warning.created"):
            tell(event, now)

        assert not FraudWarning.objects.exists()
        assert "warned" not in kinds(payment)
        assert {
            *WebhookEvent.objects.filter(type__startswith="radar").values_list("state", flat=True)
        } == {"ignored"}

    def test_is_found_by_its_charge(self, sandbox, now):
        payment = make.paid(sandbox, now=now)

        found = fraud_warnings.payment_of(warning_of(payment, now, payment_id=""))

        assert found == payment
        assert (
            fraud_warnings.payment_of(warning_of(payment, now, payment_id="", charge_id="")) is None
        )

    def test_settled_stays_settled_in_any_order(self, sandbox, now):
        payment = make.paid(sandbox, now=now)

        for actionable in (False, True, False):
            told = warning_of(payment, now, actionable=actionable)
            fraud_warnings.mirror(payment=payment, answer=told, now=now)

        assert not FraudWarning.objects.get().actionable

    def test_stands_among_what_happened(self, sandbox, now, client):
        payment = make.paid(sandbox, now=now)
        fraud_warnings.mirror(payment=payment, answer=warning_of(payment, now), now=now)
        client.force_login(staff.of_role("owner"))

        page = client.get(reverse("admin:payments_payment_change", args=[payment.pk]))

        assert "The card’s bank calls this payment fraud" in page.content.decode()
        assert "made with stolen card (early fraud warning)" in page.content.decode()


class TestDisputes:
    @pytest.mark.parametrize(
        ("reason", "is_fraud"),
        [
            ("fraudulent", True),
            ("product_not_received", False),
            ("duplicate", False),
            ("subscription_canceled", False),
            ("unrecognized", False),
            ("general", False),
            ("", False),
        ],
    )
    def test_are_labels_only_when_fraud_is_the_reason(self, sandbox, now, reason, is_fraud):
        payment = make.paid(sandbox, now=now)
        seen = make.dispute(payment, now=now)
        told = replace(gateway_dispute(seen, status="needs_response"), id="dp_new", reason=reason)

        disputes.mirror(payment=payment, known=None, answer=told, now=now)

        assert ("disputed" in kinds(payment)) == is_fraud
