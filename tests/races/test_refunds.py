"""Two refunds of 60 on 100: one is refused before Stripe is asked."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from invoicing.tax import CreditExceedsInvoice
from payments.models import GatewayCall, Payment, Refund
from payments.services import refund_quotes, refund_sending, refunds, reservations
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


class TestARefundThatFailed:
    """Whoever waits for its payment keeps no credit note waiting for the refund: three would wait in a ring."""

    @pytest.mark.parametrize("act", ["fail", "retry", "settle_by_hand"])
    def test_is_free_for_papers_while_its_payment_is_waited_for(self, sandbox, now, act):
        payment = make.paid(sandbox, now=now)
        refund = self.refund(payment, now)
        if act != "fail":
            self.fail(refund, now)
        acts = {
            "fail": lambda: self.fail(refund, now),
            "retry": lambda: refunds.retry(refund_id=refund.id, actor="olive", now=now),
            "settle_by_hand": lambda: refunds.settle_by_hand(
                refund_id=refund.id, note="paid", actor="olive", now=now
            ),
        }
        decided = threading.Event()

        def decide():
            with transaction.atomic():
                reservations.reserve(payment, 100)
                decided.set()
                self.wait_for_a_waiting_hand()
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT id FROM payments_refund WHERE id = %s FOR KEY SHARE NOWAIT",
                        [refund.id],
                    )

        outcome = at_once([decide, lambda: decided.wait(30) and acts[act]()])

        assert outcome.errors == []

    @staticmethod
    def refund(payment, now):
        refund = refunds.request(
            payment_id=payment.id, amount_minor=SHARE, reason="goodwill", actor="olive", now=now
        )
        refund.send(now=now)
        refund_sending.apply(refund, make.gateway_refund(refund, status="succeeded"), now=now)
        return refund

    @staticmethod
    def fail(refund, now):
        answer = make.gateway_refund(refund, status="failed", failure_reason="lost_card")
        refund_sending.apply(refund, answer, now=now)

    @staticmethod
    def wait_for_a_waiting_hand():
        with connection.cursor() as cursor:
            for _ in range(1000):
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
                if cursor.fetchone() == (1,):
                    return
                threading.Event().wait(0.01)
        raise AssertionError("nobody waits")
