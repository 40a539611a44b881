"""Taking and letting go when answers are lost, refused or late: no charge is left without a place or a refund."""

from datetime import timedelta

import pytest

from core.sagas import services as interventions
from payments.gateways import calls
from payments.gateways import stripe as gateway
from payments.gateways.base import Declined, Operation, Rejected, Unreachable
from payments.models import GatewayCall, PaymentStatus
from payments.models.stateful import WrongState
from payments.services import checkout, endings, taking
from tests.payments import make

pytestmark = pytest.mark.django_db

AUTHORISE = "/v1/payment_intents"
CAPTURE = "/v1/payment_intents/*/capture"
CANCEL = "/v1/payment_intents/*/cancel"
BY = {"actor": "staff:1", "reason": "test"}


@pytest.fixture
def booking(now):
    return make.ready(now=now)


@pytest.fixture
def waiting(sandbox, now, booking):
    """A payment that waits for the customer's bank."""
    return make.pay(booking, sandbox, "pm_card_authenticationRequired", now=now)


@pytest.fixture
def in_review(sandbox, now, booking, settings):
    settings.FRAUD_REVIEW_FROM, settings.FRAUD_3DS_FROM = -1, 101
    return make.pay(booking, sandbox, now=now)


@pytest.fixture
def unanswered(sandbox, now, booking, monkeypatch):
    """Taken at the gateway; its answer was lost."""
    monkeypatch.setattr("payments.gateways.transport.CALL_SECONDS", 1.0)
    sandbox.fault("timeout_after", path=CAPTURE, method="POST", times=1, seconds=3)
    return make.pay(booking, sandbox, now=now)


def charge(sandbox):
    [only] = sandbox.books()["charges"]
    return only


class TestCapture:
    def test_an_impatient_page_and_an_outage_do_not_give_up_what_was_taken(
        self, sandbox, now, booking, unanswered
    ):
        sandbox.fault("error_before", path="/v1/payment_intents/*", method="GET", times=500)
        for seconds in range(2, 120, 2):
            at = now + timedelta(seconds=seconds)
            checkout.continue_after_action(token=booking.token, now=at)
        sandbox.clear_faults()

        make.drive(unanswered, now=now + timedelta(hours=1))

        unanswered.refresh_from_db()
        booking.refresh_from_db()
        assert unanswered.status == PaymentStatus.SUCCEEDED
        assert booking.status == "confirmed"

    def test_is_not_called_never_taken_while_the_gateway_says_nothing(
        self, sandbox, now, booking, unanswered
    ):
        """Eight looks that fall due, all without an answer, are no proof."""
        sandbox.fault("error_before", path="/v1/payment_intents/*", method="*", times=500)
        moment = now
        for hours in (1, 1, 1, 1, 6, 15, 24):
            moment += timedelta(hours=hours)
            run = make.drive(unanswered, now=moment)
        assert (run.state, run.direction) == ("waiting", "do")
        sandbox.clear_faults()

        make.drive(unanswered, now=moment + timedelta(hours=27))

        unanswered.refresh_from_db()
        assert unanswered.status == PaymentStatus.SUCCEEDED

    def test_counts_its_own_looks_only(self, sandbox, now, booking, monkeypatch):
        """Looks for the authorisation are over when the capture's answer is lost."""
        monkeypatch.setattr("payments.gateways.transport.CALL_SECONDS", 1.0)
        sandbox.fault("error_after", path="/v1/payment_intents", method="POST", times=1)
        sandbox.fault("error_before", path="/v1/payment_intents", method="GET", times=2)
        sandbox.fault("timeout_after", path=CAPTURE, method="POST", times=1, seconds=3)
        payment = make.pay(booking, sandbox, now=now)
        for minutes in (1, 3, 15, 50):
            make.drive(payment, now=now + timedelta(minutes=minutes))
            payment.refresh_from_db()
            if payment.gateway_id:
                break

        assert payment.status == PaymentStatus.UNKNOWN
        assert payment.checks == 0
        assert payment.unknown_at == now + timedelta(minutes=minutes)

    @pytest.mark.parametrize("refusal", [Declined("expired_card"), Rejected("invalid_request")])
    def test_refused_lets_the_money_go_at_once(self, sandbox, now, booking, monkeypatch, refusal):
        def refuse(*_args, **_order):
            raise refusal

        monkeypatch.setattr(gateway, "capture", refuse)

        with pytest.raises(checkout.PaymentRefused):
            make.pay(booking, sandbox, now=now)

        booking.refresh_from_db()
        [intent] = sandbox.books()["payment_intents"]
        assert make.latest(booking).failure_code == endings.CAPTURE_FAILED
        assert intent["status"] == "canceled"
        assert booking.status == "held"

    def test_is_refused_for_a_payment_that_is_not_authorised(self, sandbox, now, waiting):
        with pytest.raises(WrongState):
            taking.capture(waiting, now=now)

        assert not GatewayCall.objects.filter(verb="capture").exists()


class TestLettingGo:
    def test_what_is_taken_after_all_goes_back_in_full(self, sandbox, now, booking, unanswered):
        """Staff undo a payment whose capture had no answer; the gateway has taken it."""
        interventions.undo_from_here(run_id=make.run_of(unanswered).id, now=now, **BY)

        run = make.drive(unanswered, now=now)
        refund = unanswered.refunds.get()
        make.drive(refund, now=now, name="refund")

        unanswered.refresh_from_db()
        booking.refresh_from_db()
        assert run.state == "compensated"
        assert unanswered.status == PaymentStatus.SUCCEEDED
        assert booking.status == "cancelled"
        assert charge(sandbox)["amount_refunded"] == unanswered.captured_minor > 0

    def test_takes_the_review_off_the_queue(self, sandbox, now, booking, in_review):
        interventions.undo_from_here(run_id=make.run_of(in_review).id, now=now, **BY)

        make.drive(in_review, now=now)

        case = endings.reviews.ReviewCase.objects.get(payment_id=in_review.id)
        assert case.state == "withdrawn"
        assert sandbox.books()["payment_intents"][0]["status"] == "canceled"


class TestCancel:
    def test_after_a_stored_error_is_asked_for_under_the_next_key(self, sandbox, now, waiting):
        sandbox.fault("error_before", path=CANCEL, method="POST", times=1)
        with pytest.raises(Unreachable):
            taking.cancel(waiting, now=now)

        answer = taking.cancel(waiting, now=now)

        calls = GatewayCall.objects.filter(verb__startswith="cancel").order_by(
            "first_sent_at", "id"
        )
        assert answer.status == "canceled"
        assert [call.verb for call in calls] == ["cancel", "cancel-2"]

    def test_is_possible_after_the_key_has_grown_old(self, sandbox, now, waiting):
        operation = Operation(waiting.operation_id, waiting.id)
        GatewayCall.open(operation_id=operation.id, verb="cancel", payment_id=waiting.id,
                         params={}, now=now - timedelta(hours=24))  # fmt: skip

        answer = taking.cancel(waiting, now=now)

        assert answer.status == "canceled"

    def test_while_unanswered_keeps_its_key(self, sandbox, now, waiting, settings):
        sandbox.fault("429", path=CANCEL, method="POST", times=1)
        with pytest.raises(taking.Busy):
            taking.cancel(waiting, now=now)

        taking.cancel(waiting, now=now)

        assert GatewayCall.objects.get(verb__startswith="cancel").sends == 2

    def test_of_an_abandoned_approval_goes_with_an_error_in_between(
        self, sandbox, now, booking, waiting
    ):
        sandbox.fault("error_before", path=CANCEL, method="POST", times=1)
        late = now + timedelta(minutes=16)

        make.drive(waiting, now=late)
        make.drive(waiting, now=late + timedelta(minutes=1))

        waiting.refresh_from_db()
        assert waiting.status == PaymentStatus.CANCELLED

    def test_refused_to_an_abandoned_approval_is_counted(self, sandbox, now, waiting, monkeypatch):
        """Not tried again at each sweep for thirty days."""
        monkeypatch.setattr(
            taking, "cancel", lambda payment, now: gateway.payment(payment.gateway_id)
        )
        moment = now + timedelta(minutes=16)

        run = make.drive(waiting, now=moment)
        assert run.due_at > moment
        for _ in range(10):
            moment = max(run.due_at, moment)
            run = make.drive(waiting, now=moment)

        assert run.state == "needs_attention"


class TestLettingGoOfWhatWasNeverNamed:
    """Staff undo a payment whose authorisation had no answer, so that we never learnt its id."""

    @pytest.fixture
    def nameless(self, sandbox, now, booking, monkeypatch):
        def lose(fault):
            monkeypatch.setattr("payments.gateways.transport.CALL_SECONDS", 1.0)
            sandbox.fault(fault, path=AUTHORISE, method="POST", times=1, seconds=3)
            payment = make.pay(booking, sandbox, now=now)
            assert (payment.status, payment.gateway_id) == (PaymentStatus.UNKNOWN, None)
            interventions.undo_from_here(run_id=make.run_of(payment).id, now=now, **BY)
            return payment

        return lose

    @pytest.mark.parametrize("fault", ["timeout_after", "error_after", "drop_after"])
    def test_is_found_there_and_cancelled(self, sandbox, now, booking, nameless, fault):
        payment = nameless(fault)

        run = make.drive(payment, now=now)

        payment.refresh_from_db()
        booking.refresh_from_db()
        [intent] = sandbox.books()["payment_intents"]
        assert run.state == "compensated"
        assert (payment.status, payment.gateway_id) == (PaymentStatus.CANCELLED, intent["id"])
        assert (payment.card_last4, payment.charge_id) == ("4242", intent["latest_charge"])
        assert (intent["status"], intent["amount_received"]) == ("canceled", 0)
        assert booking.status == "cancelled"

    def test_is_asked_for_no_more(self, sandbox, now, nameless):
        payment = nameless("silence")

        for minutes in (0, 5, 11):
            make.drive(payment, now=now + timedelta(minutes=minutes))

        assert GatewayCall.objects.get(payment=payment).sends == 1
        assert sandbox.books()["payment_intents"] == []

    def test_ends_as_never_charged_once_its_absence_is_proved(
        self, sandbox, now, booking, nameless
    ):
        payment = nameless("error_before")

        run = make.drive(payment, now=now)
        payment.refresh_from_db()
        assert (run.state, payment.status) == ("compensating", PaymentStatus.UNKNOWN)
        assert run.due_at >= now + timedelta(minutes=10)
        run = make.drive(payment, now=run.due_at)

        payment.refresh_from_db()
        booking.refresh_from_db()
        assert run.state == "compensated"
        assert (payment.status, payment.failure_code) == (PaymentStatus.FAILED, "never_arrived")
        assert booking.status == "held"
        assert sandbox.books()["payment_intents"] == []

    def test_that_arrives_between_two_looks_is_cancelled(self, sandbox, now, booking, nameless):
        payment = nameless("error_before")
        run = make.drive(payment, now=now)
        made = sandbox.api(
            "POST", "payment_intents",
            {"amount": str(payment.amount_minor), "currency": "gbp", "confirm": "true",
             "capture_method": "manual", "payment_method": make.VISA,
             "return_url": "https://shop.example/", "metadata[operation_id]": payment.operation_id},
        )  # fmt: skip

        run = make.drive(payment, now=run.due_at)

        payment.refresh_from_db()
        [intent] = sandbox.books()["payment_intents"]
        assert run.state == "compensated"
        assert (payment.status, payment.gateway_id) == (PaymentStatus.CANCELLED, made["id"])
        assert intent["status"] == "canceled"

    def test_that_was_taken_there_goes_back(self, sandbox, now, booking, nameless):
        payment = nameless("timeout_after")
        [intent] = sandbox.books()["payment_intents"]
        sandbox.api("POST", f"payment_intents/{intent['id']}/capture")

        make.drive(payment, now=now)
        make.drive(payment.refunds.get(), now=now, name="refund")

        payment.refresh_from_db()
        assert payment.status == PaymentStatus.SUCCEEDED
        assert payment.card_last4 == "4242"
        assert charge(sandbox)["amount_refunded"] == payment.captured_minor > 0

    def test_proves_nothing_while_the_gateway_says_nothing(self, sandbox, now, nameless):
        payment = nameless("error_before")
        sandbox.fault("error_before", path=AUTHORISE, method="GET", times=50)

        for minutes in (0, 15, 40):
            run = make.drive(payment, now=now + timedelta(minutes=minutes))

        payment.refresh_from_db()
        assert (run.state, payment.status) == ("compensating", PaymentStatus.UNKNOWN)
        assert payment.absent_at is None

    def test_whose_driver_died_before_it_was_sent_ends_too(
        self, sandbox, now, booking, monkeypatch
    ):
        monkeypatch.setattr(calls, "crash_point", lambda name: 1 / (name != "CP02"))
        payment = make.pay(booking, sandbox, now=now)
        monkeypatch.undo()
        assert payment.status == PaymentStatus.IN_FLIGHT
        assert payment.gateway_calls.get().outcome == ""
        interventions.undo_from_here(run_id=make.run_of(payment).id, now=now, **BY)

        run = make.drive(payment, now=now)
        make.drive(payment, now=run.due_at)

        payment.refresh_from_db()
        assert (payment.status, payment.failure_code) == (PaymentStatus.FAILED, "never_arrived")
