"""The promise of the gateway: what leaves, how long it may take, and what each failure is called."""

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import pytest
import stripe
from django.db import transaction

from core.database.transactions import InsideTransaction
from payments.gateways import calls, parsing, transport
from payments.gateways import stripe as gateway
from payments.gateways.base import (
    AlreadyDone,
    Busy,
    Declined,
    Missing,
    NotSent,
    Operation,
    Rejected,
    Unreachable,
)
from payments.models import GatewayCall, MovedMeanwhile, Payment
from payments.models.gateway_call import ParametersChanged
from tests.courses.make import make_paying, make_session
from tests.payments import make
from tests.payments.sandbox.process import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def operation(now):
    booking = make_paying(make_session(on=now.date().replace(year=now.year + 1)), now=now)
    payment = Payment.begin(
        booking_id=booking.id,
        amount=booking.total,
        confirmation_token=f"ctoken_{uuid4().hex}",
        address="",
        device={},
        now=now,
    )
    return Operation(payment.operation_id, payment.id)


def authorise(operation: Operation, sandbox: Sandbox, now, card="pm_card_visa", **changes):
    given = {
        "token": sandbox.confirmation_token(card),
        "amount_minor": 9600,
        "currency": "GBP",
        "booking": "RFT-TEST",
        "return_url": "https://shop.example/",
        "three_d_secure": False,
        "now": now,
    }
    return gateway.authorise(operation, **(given | changes))


def moving(operation: Operation, payment: Payment, now) -> Operation:
    return replace(operation, moving=lambda intent: payment.send(now=now, intent=intent))


def posts(sandbox: Sandbox, before: int) -> list[str]:
    """What has been asked of the gateway since; making a card's token apart."""
    asked = sandbox.books()["requests"][before:]
    return [each["path"] for each in asked if "confirmation_tokens" not in each["path"]]


class TestAuthorise:
    def test_sets_the_money_aside(self, sandbox, now, operation):
        answer = authorise(operation, sandbox, now)

        assert (answer.status, answer.amount, answer.operation_id) == (
            "requires_capture",
            9600,
            operation.id,
        )

    def test_never_names_payment_method_types(self, sandbox, now, operation):
        authorise(operation, sandbox, now)

        [sent] = [each for each in sandbox.books()["requests"] if each["method"] == "POST"
                  and each["path"] == "/v1/payment_intents"]  # fmt: skip
        assert "payment_method_types" not in sent["params"]

    def test_is_declined(self, sandbox, now, operation):
        with pytest.raises(Declined) as refusal:
            authorise(operation, sandbox, now, "pm_card_visa_chargeDeclinedInsufficientFunds")

        assert refusal.value.decline_code == "insufficient_funds"
        assert refusal.value.payment.operation_id == operation.id
        assert GatewayCall.objects.get().outcome == "declined"

    def test_of_another_amount_than_was_asked_for_is_not_believed(self, sandbox, now, operation):
        sandbox.fault("other_amount", path="/v1/payment_intents", method="POST")

        with pytest.raises(parsing.Garbled):
            authorise(operation, sandbox, now)

    def test_is_rejected_when_it_is_our_mistake(self, sandbox, now, operation):
        with pytest.raises(Rejected):
            authorise(operation, sandbox, now, amount_minor=1)

    def test_the_same_operation_with_other_parameters_never_leaves(self, sandbox, now, operation):
        authorise(operation, sandbox, now)
        before = len(sandbox.books()["requests"])

        with pytest.raises(ParametersChanged):
            authorise(operation, sandbox, now, amount_minor=9601, token="ctoken_other")

        sent = sandbox.books()["requests"][before:]
        assert not [each for each in sent if each["path"] == "/v1/payment_intents"]
        assert GatewayCall.objects.get().sends == 1


class TestIntentWithItsMove:
    """The payment's move to the gateway and the intent of the request are one statement."""

    def test_both_are_there_before_anything_leaves(self, sandbox, now, operation, monkeypatch):
        payment = Payment.objects.get()
        before = len(sandbox.books()["requests"])
        monkeypatch.setattr(calls, "crash_point", lambda _name: 1 / 0)

        with pytest.raises(ZeroDivisionError):
            authorise(moving(operation, payment, now), sandbox, now)

        call = GatewayCall.objects.get()
        assert Payment.objects.get().status == payment.status == "in_flight"
        assert (call.verb, call.sends, call.payment_id) == ("authorise", 1, payment.id)
        assert posts(sandbox, before) == []

    def test_neither_is_there_when_another_hand_moved_the_payment(self, sandbox, now, operation):
        payment = Payment.objects.get()
        Payment.objects.get().send(now=now)
        before = len(sandbox.books()["requests"])

        with pytest.raises(MovedMeanwhile):
            authorise(moving(operation, payment, now), sandbox, now)

        assert not GatewayCall.objects.exists()
        assert payment.transitions.filter(action="send").count() == 1
        assert posts(sandbox, before) == []

    def test_a_key_that_was_used_for_something_else_never_leaves(self, sandbox, now, operation):
        payment = Payment.objects.get()
        GatewayCall.open(
            operation_id=operation.id, verb="authorise", payment_id=payment.id,
            params={"other": 1}, now=now,
        )  # fmt: skip
        before = len(sandbox.books()["requests"])

        with pytest.raises(ParametersChanged):
            authorise(moving(operation, payment, now), sandbox, now)

        assert GatewayCall.objects.get().sends == 1
        assert posts(sandbox, before) == []


class TestErrors:
    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ("error_before", Unreachable),
            ("error_after", Unreachable),
            ("html502", Unreachable),
            ("drop", Unreachable),
            ("429", Busy),
            ("409", Busy),
        ],
    )
    def test_have_one_name_each(self, sandbox, now, operation, fault, error):
        token = sandbox.confirmation_token()
        sandbox.fault(fault, path="/v1/payment_intents", method="POST")

        with pytest.raises(error) as raised:
            authorise(operation, sandbox, now, token=token)

        assert type(raised.value) is error

    def test_missing(self, sandbox):
        with pytest.raises(Missing):
            gateway.payment("pi_unknown")

    def test_nothing_listens(self, settings, sandbox):
        settings.STRIPE_API_BASE = "http://127.0.0.1:9"

        with pytest.raises(NotSent):
            gateway.payment("pi_1")

    def test_a_wrong_key_is_not_now(self, settings, sandbox):
        settings.STRIPE_SECRET_KEY = "sk_test_wrong"

        with pytest.raises(Busy) as raised:
            gateway.payment("pi_1")

        assert raised.value.gateway_code == "key_refused"

    def test_moved_on(self, sandbox, now):
        payment = make.paid(sandbox, now=now)

        with pytest.raises(AlreadyDone):
            gateway.cancel(
                Operation(f"other-{uuid4()}", payment.id),
                payment_id=payment.gateway_id,
                now=now,
            )


class TestGuards:
    def test_no_call_inside_a_transaction(self, sandbox, operation, now):
        before = len(sandbox.books()["requests"])

        with transaction.atomic(), pytest.raises(InsideTransaction):
            gateway.payment("pi_1")

        assert len(sandbox.books()["requests"]) == before

    def test_no_change_inside_a_transaction(self, sandbox, operation, now):
        with transaction.atomic(), pytest.raises(InsideTransaction):
            authorise(operation, sandbox, now)

        assert not GatewayCall.objects.exists()

    def test_no_post_without_a_committed_intent(self, sandbox):
        before = len(sandbox.books()["requests"])

        with pytest.raises(calls.NoIntent):
            gateway._client().v1.refunds.create({"payment_intent": "pi_1"})
        with pytest.raises(calls.NoIntent):
            gateway._client().v1.refunds.create(
                {"payment_intent": "pi_1"}, {"idempotency_key": "made up"}
            )

        assert len(sandbox.books()["requests"]) == before
        assert not GatewayCall.objects.exists()

    def test_every_key_that_left_is_in_the_database(self, sandbox, now):
        make.paid(sandbox, now=now)

        sent = {
            each["headers"]["idempotency-key"]
            for each in sandbox.books()["requests"]
            if each["method"] == "POST" and "test_helpers" not in each["path"]
        }
        assert sent == set(GatewayCall.objects.values_list("key", flat=True))

    def test_speaks_the_version_that_is_pinned(self):
        assert gateway.library_version() == gateway.API_VERSION == stripe.api_version


@contextmanager
def server(answer):
    """A server whose only connection is answered by `answer(socket)`."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        client, _ = listening.accept()
        with client:
            answer(client)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        thread.join(10)
        listening.close()


def drip(client):
    """A byte now and then, for ever: every single read is quick."""
    client.recv(65536)
    try:
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(200):
            client.sendall(b" ")
            threading.Event().wait(0.05)
    except OSError:
        return


class TestDeadline:
    def test_ends_a_call_that_drips(self, settings, monkeypatch):
        monkeypatch.setattr(transport, "CALL_SECONDS", 0.5)
        with server(drip) as base:
            settings.STRIPE_API_BASE = base
            began = time.monotonic()
            with pytest.raises(Unreachable):
                gateway.payment("pi_1")
            took = time.monotonic() - began

        assert took < 1.5

    def test_is_shared_by_all_calls_inside(self, settings):
        with server(drip) as base:
            settings.STRIPE_API_BASE = base
            with transport.within(0.3):
                with pytest.raises(Unreachable):
                    gateway.payment("pi_1")
                with pytest.raises(NotSent):
                    gateway.payment("pi_1")

    def test_does_not_follow_a_redirect(self, settings, sandbox):
        def redirect(client):
            client.recv(65536)
            client.sendall(
                b"HTTP/1.1 302 Found\r\nLocation: "
                + sandbox.base_url.encode()
                + b"/v1/payment_intents/pi_1\r\nContent-Length: 0\r\n\r\n"
            )

        before = len(sandbox.books()["requests"])
        with server(redirect) as base:
            settings.STRIPE_API_BASE = base
            with pytest.raises(Unreachable):
                gateway.payment("pi_1")

        assert len(sandbox.books()["requests"]) == before


GOOD = {
    "id": "pi_1",
    "status": "requires_capture",
    "amount": 9600,
    "currency": "gbp",
    "amount_capturable": 9600,
    "amount_received": 0,
    "client_secret": "s",
    "metadata": {},
    "latest_charge": None,
    "last_payment_error": None,
}


class TestParsing:
    def test_reads_what_is_good(self):
        assert parsing.payment(GOOD).amount == 9600

    @pytest.mark.parametrize(
        "changes",
        [
            {"amount": "9600"},
            {"amount": 96.0},
            {"amount": -1},
            {"amount": True},
            {"amount": None},
            {"currency": None},
            {"amount_received": "0"},
            {"metadata": "none"},
            {"latest_charge": {"object": "charge"}},
            {"latest_charge": {"id": "ch_1", "amount_captured": "all"}},
        ],
    )
    def test_an_unreadable_answer_tells_nothing(self, changes):
        with pytest.raises(Unreachable):
            parsing.payment(GOOD | changes)

    @pytest.mark.parametrize("name", ["id", "status", "amount", "currency"])
    def test_a_missing_fact_tells_nothing(self, name):
        with pytest.raises(Unreachable):
            parsing.payment({key: value for key, value in GOOD.items() if key != name})
