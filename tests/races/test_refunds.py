"""Two refunds of 60 on 100: one is refused before Stripe is asked."""

import threading

import pytest
from django.db import IntegrityError
from django.db.models import F

from invoicing.tax import CreditExceedsInvoice
from payments.models import GatewayCall, Payment, Refund
from payments.services import refund_quotes, refunds, reservations
from payments.services.refusals import RefundExceedsPayment
from tests.payments import make
from tests.races.guards import without_constraint
from tests.races.hands import at_once

pytestmark = pytest.mark.django_db(transaction=True)

SHARE = 5760


def two_refunds(payment, now):
    def ask():
        return refunds.request(
            payment_id=payment.id, amount_minor=SHARE, reason="goodwill", actor="olive", now=now
        )

    return at_once([ask, ask])


@pytest.fixture
def read_decide_write(monkeypatch):
    """The guard off: both read that enough is left before either writes."""
    both_have_read = threading.Barrier(2)

    def reserve(payment, amount_minor):
        assert payment.refundable.minor >= amount_minor
        both_have_read.wait(30)
        Payment.objects.filter(pk=payment.pk).update(
            refunded_minor=F("refunded_minor") + amount_minor
        )

    monkeypatch.setattr(reservations, "reserve", reserve)


class TestTwoRefunds:
    def test_one_is_refused(self, sandbox, now):
        payment = make.paid(sandbox, now=now)

        outcome = two_refunds(payment, now)

        payment.refresh_from_db()
        assert len(outcome.results) == 1
        assert outcome.refused(RefundExceedsPayment) == 1
        assert payment.refunded_minor == SHARE
        assert Refund.objects.count() == 1
        assert not GatewayCall.objects.filter(verb="refund").exists()

    def test_the_database_refuses_it_too(self, sandbox, now, read_decide_write):
        payment = make.paid(sandbox, now=now)

        outcome = two_refunds(payment, now)

        payment.refresh_from_db()
        assert outcome.refused(IntegrityError) == 1
        assert payment.refunded_minor == SHARE

    def test_the_papers_refuse_it_too(self, sandbox, now, read_decide_write):
        """What is left of the invoice is counted under a lock of its own."""
        payment = make.paid(sandbox, now=now)

        with without_constraint("payments_payment", "payments_payment_refunded_within_captured"):
            outcome = two_refunds(payment, now)
            payment.refresh_from_db()

        assert outcome.refused(CreditExceedsInvoice) == 1
        assert payment.refunded_minor == SHARE

    def test_without_all_guards_too_much_goes_back(
        self, sandbox, now, read_decide_write, monkeypatch
    ):
        monkeypatch.setattr(refund_quotes, "credit_lines", lambda **_asked: [])
        payment = make.paid(sandbox, now=now)

        with without_constraint("payments_payment", "payments_payment_refunded_within_captured"):
            outcome = two_refunds(payment, now)
            payment.refresh_from_db()

        assert outcome.errors == []
        assert payment.refunded_minor == 2 * SHARE > payment.captured_minor
