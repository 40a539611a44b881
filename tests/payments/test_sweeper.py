"""What the clock and the staff may do about a payment that its saga has left behind."""

from datetime import timedelta

import pytest

from core.sagas import services as interventions
from core.sagas.models import SagaRun
from payments.models import PaymentStatus
from payments.services import sweeper
from tests.payments import make
from tests.payments.test_webhooks import tell

pytestmark = pytest.mark.django_db

BY = {"actor": "staff:1", "reason": "test"}


@pytest.fixture
def waiting(sandbox, now):
    return make.pay(make.ready(now=now), sandbox, "pm_card_authenticationRequired", now=now)


@pytest.fixture
def forgotten(sandbox, now, waiting):
    """Its saga says that all is done, and the bank has approved since."""
    SagaRun.objects.filter(subject_id=waiting.id).update(state="completed", finished_at=now)
    make.answer_bank(sandbox, waiting)
    return waiting


class TestForgotten:
    def test_is_begun_again_and_paid_once(self, sandbox, now, forgotten):
        later = now + timedelta(minutes=6)

        sweeper.sweep(now=later)
        make.drive(forgotten, now=later)

        forgotten.refresh_from_db()
        [intent] = sandbox.books()["payment_intents"]
        assert forgotten.status == PaymentStatus.SUCCEEDED
        assert intent["amount_received"] == forgotten.captured_minor
        assert SagaRun.objects.filter(subject_id=forgotten.id).count() == 2

    def test_is_begun_again_no_more_than_once(self, now, forgotten):
        sweeper.sweep(now=now + timedelta(minutes=6))
        SagaRun.objects.filter(name="payment").update(state="completed", finished_at=now)

        sweeper.sweep(now=now + timedelta(minutes=12))

        assert SagaRun.objects.filter(subject_id=forgotten.id).count() == 2

    def test_is_not_one_that_still_waits(self, now, waiting):
        assert sweeper.forgotten(now=now + timedelta(minutes=6)) == []


@pytest.fixture
def stuck(now, waiting):
    SagaRun.objects.filter(subject_id=waiting.id).update(
        state="needs_attention", error="three days"
    )
    return waiting


class TestNeedsAttention:
    def test_is_not_done_by_hand_while_the_payment_is_open(self, now, stuck):
        with pytest.raises(interventions.NotPossible):
            interventions.mark_done_by_hand(run_id=make.run_of(stuck).id, now=now, **BY)

        stuck.refresh_from_db()
        assert make.run_of(stuck).state == "needs_attention"
        assert stuck.status == PaymentStatus.REQUIRES_ACTION

    def test_keeps_the_gateways_word_for_later(self, sandbox, now, stuck):
        make.answer_bank(sandbox, stuck)
        [event] = sandbox.events("payment_intent.amount_capturable_updated")

        message = tell(event, now)
        assert message.state not in ("done", "ignored")
        interventions.retry_step(run_id=make.run_of(stuck).id, now=now, **BY)
        sweeper.sweep(now=message.next_attempt_at)

        message.refresh_from_db()
        assert message.state == "done"
