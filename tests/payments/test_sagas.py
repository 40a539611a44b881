"""PaymentSaga against the real sandbox, step by step: what each answer of the bank leads to."""

from datetime import timedelta

import pytest

from fraud.services import reviews
from payments.models import GatewayCall, Payment, PaymentStatus
from payments.services import checkout
from payments.services.refusals import (
    CardDeclined,
    PaymentRefused,
    PaymentsUnavailable,
    TokenUnusable,
    TooManyRefusals,
)
from tests.outbox_tools import drain_outbox
from tests.payments import make

pytestmark = pytest.mark.django_db

THREE_D_SECURE = "pm_card_authenticationRequired"


@pytest.fixture
def booking(now):
    return make.ready(now=now)


class TestDeclined:
    @pytest.mark.parametrize(
        ("card", "shown"),
        [
            ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
            ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
            ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
            ("pm_card_visa_chargeDeclined", None),
            ("pm_card_visa_chargeDeclinedStolenCard", None),
        ],
    )
    def test_tells_only_what_helps_the_customer(self, sandbox, now, booking, card, shown):
        with pytest.raises(CardDeclined) as refusal:
            make.pay(booking, sandbox, card, now=now)

        booking.refresh_from_db()
        payment = make.latest(booking)
        assert refusal.value.extra.get("decline_code") == shown
        assert payment.status == PaymentStatus.FAILED
        assert booking.status == "held"
        assert booking.hold_expires_at >= now + timedelta(minutes=5)

    def test_another_card_then_pays(self, sandbox, now, booking):
        with pytest.raises(CardDeclined):
            make.pay(booking, sandbox, "pm_card_visa_chargeDeclined", now=now)

        payment = make.pay(booking, sandbox, now=now)

        assert payment.status == PaymentStatus.SUCCEEDED
        assert Payment.objects.filter(booking=booking).count() == 2

    def test_closes_after_five(self, sandbox, now, booking, settings):
        settings.PAYMENT_TRIES_MAX = 2
        for _ in range(2):
            with pytest.raises(CardDeclined):
                make.pay(booking, sandbox, "pm_card_visa_chargeDeclined", now=now)

        with pytest.raises(TooManyRefusals) as refusal:
            make.pay(booking, sandbox, now=now)

        assert refusal.value.code == "payment_refused"
        assert Payment.objects.filter(booking=booking).count() == 2


class TestToken:
    def test_an_unknown_one_asks_for_the_card_again(self, sandbox, now, booking):
        with pytest.raises(TokenUnusable):
            make.pay_with(booking, "ctoken_0000000000", now=now)

        booking.refresh_from_db()
        assert booking.status == "held"
        assert make.latest(booking).status == PaymentStatus.CANCELLED
        assert not GatewayCall.objects.exists()

    def test_the_same_again_is_the_same_payment(self, sandbox, now, booking):
        token = sandbox.confirmation_token()

        first = make.pay_with(booking, token, now=now)
        second = make.pay_with(booking, token, now=now)

        assert first.id == second.id
        assert len(sandbox.books()["payment_intents"]) == 1

    def test_one_of_another_booking_is_refused(self, sandbox, now, booking):
        token = sandbox.confirmation_token()
        make.pay_with(booking, token, now=now)

        with pytest.raises(TokenUnusable):
            make.pay_with(make.ready(now=now), token, now=now)

        assert Payment.objects.count() == 1


class TestBankApproval:
    def test_waits_for_the_customer_then_pays(self, sandbox, now, booking):
        payment = make.pay(booking, sandbox, THREE_D_SECURE, now=now)
        assert payment.status == PaymentStatus.REQUIRES_ACTION
        assert payment.client_secret.startswith(payment.gateway_id)

        make.answer_bank(sandbox, payment)
        payment = checkout.continue_after_action(token=booking.token, now=now)

        booking.refresh_from_db()
        assert payment.status == PaymentStatus.SUCCEEDED
        assert booking.status == "confirmed"

    def test_refused_by_the_bank_closes_it_at_the_gateway(self, sandbox, now, booking):
        payment = make.pay(booking, sandbox, THREE_D_SECURE, now=now)

        make.answer_bank(sandbox, payment, "fail")
        payment = checkout.continue_after_action(token=booking.token, now=now)

        booking.refresh_from_db()
        [intent] = sandbox.books()["payment_intents"]
        assert payment.status == PaymentStatus.FAILED
        assert intent["status"] == "canceled"
        assert booking.status == "held"
        with pytest.raises(CardDeclined) as refusal:
            checkout.told(payment)
        assert refusal.value.extra["decline_code"] == "authentication_failed"

    def test_looking_too_early_changes_nothing(self, sandbox, now, booking):
        payment = make.pay(booking, sandbox, THREE_D_SECURE, now=now)

        again = checkout.continue_after_action(token=booking.token, now=now)

        assert again.status == PaymentStatus.REQUIRES_ACTION
        assert make.steps(payment) == ["created", "in_flight", "requires_action"]

    @pytest.mark.parametrize(("minutes_later", "becomes"), [(16, "expired")])
    def test_abandoned_is_stopped_at_the_gateway_first(
        self, sandbox, now, booking, minutes_later, becomes
    ):
        payment = make.pay(booking, sandbox, THREE_D_SECURE, now=now)
        later = now + timedelta(minutes=minutes_later)

        make.drive(payment, now=later)

        payment.refresh_from_db()
        booking.refresh_from_db()
        [intent] = sandbox.books()["payment_intents"]
        assert intent["status"] == "canceled"
        assert payment.status == PaymentStatus.CANCELLED
        assert booking.status == becomes

    def test_approved_in_the_last_moment_is_released_with_the_rest(self, sandbox, now, booking):
        payment = make.pay(booking, sandbox, THREE_D_SECURE, now=now)
        make.answer_bank(sandbox, payment)

        make.drive(payment, now=now + timedelta(minutes=16))

        payment.refresh_from_db()
        booking.refresh_from_db()
        assert payment.status == PaymentStatus.SUCCEEDED
        assert booking.status == "confirmed"


class TestRisk:
    def test_blocked_before_the_card_is_asked(self, sandbox, now, booking, settings):
        settings.FRAUD_BLOCK_ABOVE = -1
        settings.FRAUD_REVIEW_FROM = -2

        with pytest.raises(PaymentRefused) as refusal:
            make.pay(booking, sandbox, now=now)

        booking.refresh_from_db()
        assert refusal.value.extra == {}
        assert make.latest(booking).status == PaymentStatus.BLOCKED
        assert booking.status == "cancelled"
        assert sandbox.books()["payment_intents"] == []

    def test_a_score_asks_for_3d_secure(self, sandbox, now, booking, settings):
        settings.FRAUD_3DS_FROM = 0

        make.pay(booking, sandbox, now=now)

        asked = [each for each in sandbox.books()["requests"] if each["path"].endswith("_intents")]
        assert "request_three_d_secure" in str(asked[-1])

    def test_risen_over_the_band_at_the_bank_is_let_go(self, sandbox, now, booking, settings):
        payment = make.pay(booking, sandbox, THREE_D_SECURE, now=now)
        settings.FRAUD_BLOCK_ABOVE = -1
        settings.FRAUD_REVIEW_FROM = -2

        make.answer_bank(sandbox, payment)
        checkout.continue_after_action(token=booking.token, now=now)

        booking.refresh_from_db()
        [intent] = sandbox.books()["payment_intents"]
        assert (intent["status"], intent["amount_received"]) == ("canceled", 0)
        assert booking.status == "cancelled"
        assert not reviews.ReviewCase.objects.exists()


@pytest.fixture
def doubtful(settings):
    """Every payment goes to a person."""
    settings.FRAUD_REVIEW_FROM = -1
    settings.FRAUD_3DS_FROM = 101


class TestReview:
    def review(self, booking, sandbox, now):
        payment = make.pay(booking, sandbox, now=now)
        drain_outbox()
        return payment, reviews.ReviewCase.objects.get(payment_id=payment.id)

    def test_keeps_the_place_and_takes_nothing(self, doubtful, sandbox, now, booking):
        payment, case = self.review(booking, sandbox, now)

        booking.refresh_from_db()
        [intent] = sandbox.books()["payment_intents"]
        assert payment.status == PaymentStatus.AUTHORISED
        assert booking.status == "under_review"
        assert intent["status"] == "requires_capture"
        assert case.hard_limit_at > now

    def test_approved_is_taken(self, doubtful, sandbox, now, booking):
        payment, case = self.review(booking, sandbox, now)

        reviews.decide(
            case_id=case.id, decision="approve", reason="score_wrong", actor="a", now=now
        )
        drain_outbox()
        make.drive(payment, now=now)

        payment.refresh_from_db()
        booking.refresh_from_db()
        assert payment.status == PaymentStatus.SUCCEEDED
        assert booking.status == "confirmed"

    def test_declined_is_let_go(self, doubtful, sandbox, now, booking):
        payment, case = self.review(booking, sandbox, now)

        reviews.decide(
            case_id=case.id, decision="decline", reason="not_confirmed", actor="a", now=now
        )
        drain_outbox()
        run = make.drive(payment, now=now)

        payment.refresh_from_db()
        booking.refresh_from_db()
        [intent] = sandbox.books()["payment_intents"]
        assert run.state == "compensated"
        assert payment.status == PaymentStatus.CANCELLED
        assert booking.status == "cancelled"
        assert intent["status"] == "canceled"

    def test_undecided_at_the_hard_limit_is_let_go(self, doubtful, sandbox, now, booking):
        payment, case = self.review(booking, sandbox, now)

        make.drive(payment, now=case.hard_limit_at)

        payment.refresh_from_db()
        case.refresh_from_db()
        assert case.state == "lapsed"
        assert payment.status == PaymentStatus.CANCELLED
        assert sandbox.books()["payment_intents"][0]["status"] == "canceled"

    def test_is_declined_at_once_when_the_time_is_past(self, doubtful, sandbox, now):
        booking = make.ready(now=now, days_ahead=1)
        booking.session.starts_at = now + timedelta(hours=11)
        booking.session.ends_at = now + timedelta(hours=18)
        booking.session.save(update_fields=["starts_at", "ends_at"])

        with pytest.raises(PaymentRefused):
            make.pay(booking, sandbox, now=now)

        booking.refresh_from_db()
        assert make.latest(booking).status == PaymentStatus.CANCELLED
        assert booking.status == "cancelled"
        assert sandbox.books()["payment_intents"][0]["status"] == "canceled"
        assert not reviews.ReviewCase.objects.exists()

    def test_an_authorisation_that_ended_is_not_taken(self, doubtful, sandbox, now, booking):
        payment, case = self.review(booking, sandbox, now)
        sandbox.api("POST", f"payment_intents/{payment.gateway_id}/cancel")

        reviews.decide(
            case_id=case.id, decision="approve", reason="score_wrong", actor="a", now=now
        )
        drain_outbox()
        make.drive(payment, now=now)

        payment.refresh_from_db()
        booking.refresh_from_db()
        assert payment.status == PaymentStatus.LAPSED
        assert booking.status == "held"


class TestUnreachable:
    def test_nothing_sent_is_refused_at_once(self, sandbox, now, booking, settings):
        token = sandbox.confirmation_token()
        settings.STRIPE_API_BASE = "http://127.0.0.1:9"

        with pytest.raises(PaymentsUnavailable):
            make.pay_with(booking, token, now=now)

        booking.refresh_from_db()
        assert make.latest(booking).failure_code == "gateway_unreachable"
        assert booking.status == "held"
        assert not GatewayCall.objects.exists()


class TestLateMoney:
    def test_gets_a_free_place(self, sandbox, now, booking):
        from courses.services import bookings

        payment = make.pay(booking, sandbox, THREE_D_SECURE, now=now)
        later = booking.hold_expires_at + timedelta(seconds=1)
        bookings.payment_abandoned(booking_id=booking.id, cause="test", now=later)
        make.answer_bank(sandbox, payment)

        payment = checkout.continue_after_action(token=booking.token, now=later)

        booking.refresh_from_db()
        assert payment.status == PaymentStatus.SUCCEEDED
        assert booking.status == "confirmed"

    def test_goes_back_in_full_when_none_is_left(self, sandbox, now):
        from courses.services import bookings

        session = make.session(now=now, capacity=1)
        booking = make.ready(now=now, on=session)
        payment = make.pay(booking, sandbox, THREE_D_SECURE, now=now)
        later = booking.hold_expires_at + timedelta(seconds=1)
        bookings.payment_abandoned(booking_id=booking.id, cause="test", now=later)
        make.ready(now=later, on=session)
        make.answer_bank(sandbox, payment)

        payment = checkout.continue_after_action(token=booking.token, now=later)
        refund = payment.refunds.get()
        make.drive(refund, now=later, name="refund")

        booking.refresh_from_db()
        [charge] = sandbox.books()["charges"]
        assert make.run_of(payment).state == "compensated"
        assert charge["amount_refunded"] == charge["amount_captured"] == payment.captured_minor
        assert booking.status == "expired"


class TestBusy:
    def test_is_tried_again_with_the_same_key(self, sandbox, now, booking):
        sandbox.fault("429", path="/v1/payment_intents", method="POST", times=1)

        payment = make.pay(booking, sandbox, now=now)
        assert payment.status == PaymentStatus.IN_FLIGHT
        make.drive(payment, now=now + timedelta(minutes=1))

        payment.refresh_from_db()
        assert payment.status == PaymentStatus.SUCCEEDED
        assert GatewayCall.objects.get(payment=payment, verb="authorise").sends == 2
        assert len(sandbox.books()["payment_intents"]) == 1
