"""An open breaker around Stripe: nothing leaves, nothing is written as sent, and everybody is told the truth."""

from datetime import timedelta

import pytest

from core.breakers.guard import NotPermitted
from core.breakers.policy import State
from payments.gateways import calls, guards
from payments.gateways import stripe as gateway
from payments.gateways.base import Busy, Declined, HeldBack, Rejected, Unreachable
from payments.models import GatewayCall, Payment, PaymentStatus
from payments.services import checkout
from payments.services.refusals import CardDeclined, PaymentsUnavailable
from tests.breakers import forget_breakers
from tests.payments import make

pytestmark = pytest.mark.django_db

AUTHORISE = "/v1/payment_intents"
CAPTURE = "/v1/payment_intents/*/capture"


@pytest.fixture
def booking(now):
    return make.ready(now=now)


def pause(guard):
    guard.obey(State.FORCED_OPEN, seconds=600, reason="test")


def asked(sandbox, before):
    every = sandbox.books()["requests"][before:]
    return [each for each in every if "test_helpers" not in each["path"]]


class TestNewPayment:
    @pytest.mark.parametrize("guard", [guards.READS, guards.CHARGES], ids=lambda each: each.name)
    def test_ends_never_sent_and_keeps_the_place(self, sandbox, now, booking, guard):
        token = sandbox.confirmation_token()
        pause(guard)

        with pytest.raises(PaymentsUnavailable) as refusal:
            make.pay_with(booking, token, now=now)

        payment = make.latest(booking)
        booking.refresh_from_db()
        assert refusal.value.detail.startswith("We can’t take cards right now.")
        assert refusal.value.extra["retry_after"]
        assert make.steps(payment) == ["created", "cancelled"]
        assert not GatewayCall.objects.exists()
        assert booking.status == "held"
        assert booking.hold_expires_at >= now + timedelta(minutes=5)
        assert sandbox.books()["payment_intents"] == []
        assert make.run_of(payment).state == "completed"

    def test_another_card_works_as_soon_as_it_is_closed(self, sandbox, now, booking):
        pause(guards.CHARGES)
        with pytest.raises(PaymentsUnavailable):
            make.pay(booking, sandbox, now=now)
        guards.CHARGES.obey(None)

        payment = make.pay(booking, sandbox, now=now)

        assert payment.status == PaymentStatus.SUCCEEDED
        assert len(sandbox.books()["payment_intents"]) == 1

    def test_an_outage_opens_it_and_the_next_one_is_refused_without_a_request(self, sandbox, now):
        sandbox.fault("error_before", path="/v1/confirmation_tokens/*", method="GET", times=50)
        for _ in range(guards.READS.policy.minimum_calls):
            with pytest.raises(PaymentsUnavailable):
                make.pay(make.ready(now=now), sandbox, now=now)
        last = make.ready(now=now)
        token = sandbox.confirmation_token()
        before = len(sandbox.books()["requests"])

        with pytest.raises(PaymentsUnavailable):
            make.pay_with(last, token, now=now)

        assert guards.READS.snapshot().state is State.OPEN
        assert asked(sandbox, before) == []


class TestOutage:
    def test_s09_ten_minutes_in_peak(self, sandbox, now):
        """Few requests leave, every place stays held, what was under way is brought to its end, nothing stays unknown."""
        under_way = make.ready(now=now)
        sandbox.fault("error_before", path=CAPTURE, times=1)
        begun = make.pay(under_way, sandbox, now=now)
        waiting = [(make.ready(now=now), sandbox.confirmation_token()) for _ in range(10)]
        sandbox.fault("error_before", path="/v1/*", times=1000)
        before = len(sandbox.books()["requests"])

        for booking, token in waiting:
            with pytest.raises(PaymentsUnavailable):
                make.pay_with(booking, token, now=now)

        assert guards.READS.snapshot().state is State.OPEN
        assert len(asked(sandbox, before)) <= guards.READS.policy.minimum_calls
        sandbox.clear_faults()
        forget_breakers()
        later = now + timedelta(minutes=10)
        for booking, _ in waiting:
            booking.refresh_from_db()
            assert booking.status == "held"
            assert booking.hold_expires_at > later
            assert (
                make.pay_with(booking, sandbox.confirmation_token(), now=later).status
                == "succeeded"
            )
        make.drive(begun, now=later)
        begun.refresh_from_db()
        under_way.refresh_from_db()
        assert (begun.status, under_way.status) == ("succeeded", "confirmed")
        assert not Payment.objects.filter(status=PaymentStatus.UNKNOWN).exists()
        assert len(sandbox.books()["payment_intents"]) == 1 + len(waiting)


class TestPaymentUnderWay:
    def test_a_capture_waits_and_is_done_later(self, sandbox, now, booking, monkeypatch):
        send = calls.GatewayCall.open

        def pause_before_capture(**given):
            pause(guards.CHARGES)
            return send(**given)

        monkeypatch.setattr(calls.GatewayCall, "open", pause_before_capture)
        payment = make.pay(booking, sandbox, now=now)
        monkeypatch.undo()
        run = make.run_of(payment)

        assert payment.status == PaymentStatus.AUTHORISED
        assert not GatewayCall.objects.filter(verb="capture").exists()
        assert (run.state, run.step, run.outages) == ("running", "capture", 1)
        assert run.due_at > now
        booking.refresh_from_db()
        assert booking.status == "paying"

        make.drive(payment, now=now + timedelta(minutes=1))
        payment.refresh_from_db()
        booking.refresh_from_db()
        assert payment.status == PaymentStatus.SUCCEEDED
        assert booking.status == "confirmed"

    def test_one_that_a_dead_driver_may_have_sent_is_looked_for(
        self, sandbox, now, booking, monkeypatch
    ):
        """Killed between the intent and the request's answer; then the breaker opens."""
        monkeypatch.setattr(calls, "crash_point", lambda name: 1 / 0 if name == "CP02" else None)
        payment = make.pay(booking, sandbox, now=now)
        monkeypatch.undo()
        assert payment.status == PaymentStatus.IN_FLIGHT
        pause(guards.CHARGES)

        checkout.continue_after_action(token=booking.token, now=now + timedelta(minutes=1))

        payment.refresh_from_db()
        assert payment.status == PaymentStatus.UNKNOWN
        with pytest.raises(checkout.PaymentInProgress):
            make.pay(booking, sandbox, now=now)

        make.drive(payment, now=now + timedelta(minutes=5))
        payment.refresh_from_db()
        assert payment.status == PaymentStatus.SUCCEEDED
        assert len(sandbox.books()["payment_intents"]) == 1

    def test_a_write_held_back_moves_nothing(self, sandbox, now, booking):
        pause(guards.CHARGES)
        payment = Payment.begin(
            booking_id=booking.id, amount=booking.total, confirmation_token="ctoken_1",
            address="", device={}, now=now,
        )  # fmt: skip

        with pytest.raises(HeldBack):
            gateway.authorise(
                calls.Operation(
                    payment.operation_id, payment.id,
                    moving=lambda intent: payment.send(now=now, intent=intent),
                ),
                token="ctoken_1", amount_minor=1, currency="GBP", booking="RFT-TEST",
                return_url="https://shop.example/", three_d_secure=False, now=now,
            )  # fmt: skip

        assert Payment.objects.get().status == payment.status == "created"
        assert not GatewayCall.objects.exists()


class TestWhatCounts:
    @pytest.mark.parametrize(
        ("error", "counts"),
        [
            (Declined("card_declined"), False),
            (Rejected("invalid"), False),
            (Busy("key_refused"), False),
            (Busy("in_flight"), False),
            (Busy("rate_limit"), True),
            (Unreachable("no_answer"), True),
            (Unreachable("http_500"), True),
            (Unreachable("look_up_too_long"), False),
            (gateway.NotSent("no_connection"), True),
            (gateway.NotSent("no_time_left"), False),
            (ZeroDivisionError(), False),
        ],
        ids=repr,
    )
    def test_each_error(self, error, counts):
        assert guards.says_something_of_its_health(error) is counts

    def test_declined_cards_open_nothing(self, sandbox, now):
        for _ in range(2):
            with pytest.raises(CardDeclined):
                make.pay(make.ready(now=now), sandbox, "pm_card_visa_chargeDeclined", now=now)

        assert guards.CHARGES.snapshot().tally.calls == 0

    def test_a_refused_key_opens_nothing_but_is_said_loudly(self, sandbox, settings, caplog):
        settings.STRIPE_SECRET_KEY = "sk_test_wrong"
        for _ in range(8):
            with pytest.raises(Busy):
                gateway.payment("pi_1")

        assert guards.READS.snapshot().state is State.CLOSED
        assert "gateway_key_refused" in caplog.text

    @pytest.mark.parametrize(
        "open_one", [guards.READS, guards.CHARGES, guards.REFUNDS], ids=lambda each: each.name
    )
    def test_each_is_alone(self, open_one):
        pause(open_one)

        for guard in (guards.READS, guards.CHARGES, guards.REFUNDS):
            if guard is open_one:
                with pytest.raises(NotPermitted):
                    guard.call(lambda: None)
            else:
                guard.call(lambda: None)

    @pytest.mark.parametrize(
        ("verb", "guard"),
        [
            ("authorise", guards.CHARGES),
            ("capture", guards.CHARGES),
            ("cancel", guards.REFUNDS),
            ("cancel-2", guards.REFUNDS),
            ("refund", guards.REFUNDS),
            ("refund-3", guards.REFUNDS),
        ],
    )
    def test_each_change_has_its_own(self, verb, guard):
        assert guards.of_change(verb) is guard
