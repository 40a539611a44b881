"""The inbox: genuine once, forged never, in any order to one end."""

import hashlib
import hmac
import itertools
import json

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from payments.models import Dispute, PaymentStatus, Refund, RefundStatus, WebhookEvent
from payments.services import sweeper, webhooks
from tests.payments import make

pytestmark = pytest.mark.django_db

URL = "/webhooks/stripe/"


def signed(body: bytes, *, at, secret: str | None = None, scheme: str = "v1") -> str:
    key = (secret or settings.STRIPE_WEBHOOK_SECRET).encode()
    mac = hmac.new(key, b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},{scheme}={mac}"


def event_body(**changes) -> bytes:
    event = {
        "id": "evt_1",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": 1_700_000_000,
        "data": {"object": {"id": "pi_1", "object": "payment_intent", "metadata": {}}},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": "payment_intent.succeeded",
    }
    return json.dumps(event | changes).encode()


def post(body: bytes, signature: str | None):
    headers = {} if signature is None else {"Stripe-Signature": signature}
    return Client().post(URL, data=body, content_type="application/json", headers=headers)


def now_s() -> int:
    from core import clock

    return int(clock.now().timestamp())


class TestDoor:
    def test_stores_what_is_genuine_without_its_body(self):
        body = event_body()

        response = post(body, signed(body, at=now_s()))

        event = WebhookEvent.objects.get()
        assert response.status_code == 200
        assert (event.event_id, event.object_id, event.state) == ("evt_1", "pi_1", "received")

    def test_knows_it_again(self):
        body = event_body()

        statuses = [post(body, signed(body, at=now_s())).status_code for _ in range(3)]

        assert statuses == [200, 200, 200]
        assert WebhookEvent.objects.count() == 1

    def test_takes_either_secret_while_one_is_rolled(self):
        body, at = event_body(), now_s()
        old = signed(body, at=at, secret="whsec_old").split(",")[1]

        response = post(body, f"{signed(body, at=at)},{old}")

        assert response.status_code == 200

    @pytest.mark.parametrize(
        "signature",
        [
            lambda body: None,
            lambda body: "",
            lambda body: "nonsense",
            lambda body: "t=,v1=",
            lambda body: f"t={now_s()}",
            lambda body: f"t=٣,v1={'0' * 64}",
            lambda body: f"t={now_s()},v1={'é' * 8}",
            lambda body: signed(body, at=now_s(), secret="whsec_another"),
            lambda body: signed(body, at=now_s(), scheme="v0"),
            lambda body: signed(body + b" ", at=now_s()),
            lambda body: signed(body, at=now_s() - 302),
            lambda body: signed(body, at=now_s() + 302),
            lambda body: f"t={10**30},v1={'0' * 64}",
        ],
    )
    def test_writes_nothing_for_what_is_forged(self, signature):
        body = event_body()

        response = post(body, signature(body))

        assert response.status_code == 400
        assert not WebhookEvent.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"not json",
            b"\xff\xfe",
            b"[]",
            b"{}",
            b'{"a":' * 40_000,
            event_body(livemode="false"),
            event_body(created="yesterday"),
            event_body(id=None),
            event_body(data={}),
            event_body(livemode=True),
            event_body(account="acct_another"),
        ],
    )
    def test_writes_nothing_for_what_is_signed_but_not_ours(self, body):
        response = post(body, signed(body, at=now_s()))

        assert response.status_code == 400
        assert not WebhookEvent.objects.exists()

    def test_refuses_what_is_too_large(self):
        body = event_body(padding="x" * 300_000)

        response = post(body, signed(body, at=now_s()))

        assert response.status_code == 413
        assert not WebhookEvent.objects.exists()

    def test_takes_only_post(self):
        assert Client().get(URL).status_code == 405


def tell(sandbox_event, now) -> WebhookEvent:
    """Deliver one of the sandbox's events and process it, as door and worker do."""
    body = json.dumps(sandbox_event).encode()
    at = int(now.timestamp())
    event = webhooks.receive(body=body, signature=signed(body, at=at), now=now)
    return webhooks.process(event_pk=event.pk, now=now)


class TestProcess:
    def test_ignores_unknown_types(self, sandbox, now):
        body = event_body(type="product.created", data={"object": {"id": "prod_1"}})
        event = webhooks.receive(
            body=body, signature=signed(body, at=int(now.timestamp())), now=now
        )

        event = webhooks.process(event_pk=event.pk, now=now)

        assert event.state == "ignored"

    def test_moves_a_payment_that_waited(self, sandbox, now):
        booking = make.ready(now=now)
        payment = make.pay(booking, sandbox, "pm_card_authenticationRequired", now=now)
        make.answer_bank(sandbox, payment)
        [told] = sandbox.events("payment_intent.amount_capturable_updated")

        event = tell(told, now)

        payment.refresh_from_db()
        booking.refresh_from_db()
        assert event.state == "done"
        assert payment.status == PaymentStatus.SUCCEEDED
        assert booking.status == "confirmed"

    def test_any_order_of_all_events_ends_the_same(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        sandbox.api("POST", "refunds", {"payment_intent": payment.gateway_id, "amount": "1000"})
        events = [
            each
            for each in sandbox.events()
            if each["type"].startswith(("payment_intent.", "charge.", "refund."))
        ]
        handled = [each for each in events if each["type"] in webhooks._HANDLERS]

        for order in itertools.islice(itertools.permutations(handled), 24):
            WebhookEvent.objects.all().delete()
            for each in order:
                assert tell(each, now).state in ("done", "ignored")

            payment.refresh_from_db()
            assert payment.status == PaymentStatus.SUCCEEDED
            assert payment.refunded_minor == 1000
            assert Refund.objects.filter(payment=payment, external=True).count() == 1

    def test_adopts_a_refund_made_at_stripe(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        sandbox.api("POST", "refunds", {"payment_intent": payment.gateway_id, "amount": "1000"})

        for each in sandbox.events("refund.created"):
            tell(each, now)

        refund = Refund.objects.get()
        payment.refresh_from_db()
        assert (refund.status, refund.reason) == (RefundStatus.SUCCEEDED, "external")
        assert payment.refunded_minor == 1000

    def test_hears_that_a_refund_came_back(self, sandbox, now):
        from payments.services import refunds

        payment = make.pay(make.ready(now=now), sandbox, "pm_card_refundFail", now=now)
        refund = refunds.request(
            payment_id=payment.id, amount_minor=1000, reason="goodwill", actor="olive", now=now
        )
        make.drive(refund, now=now, name="refund")
        sandbox.advance(24 * 3600 * 10)

        for each in sandbox.events("refund.failed"):
            tell(each, now)

        refund.refresh_from_db()
        payment.refresh_from_db()
        assert refund.status == RefundStatus.FAILED
        assert payment.refunded_minor == 0

    def test_mirrors_a_dispute_through_its_life(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        sandbox.dispute(payment_intent=payment.gateway_id)
        for each in sandbox.events("charge.dispute.created"):
            tell(each, now)
        dispute = Dispute.objects.get()
        assert dispute.is_open

        sandbox.move_dispute(dispute.gateway_id, "won")
        for each in sandbox.events("charge.dispute.closed"):
            tell(each, now)

        dispute.refresh_from_db()
        assert dispute.status == "won"

    def test_is_put_off_when_the_gateway_is_down_and_done_later(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        sandbox.api("POST", "refunds", {"payment_intent": payment.gateway_id, "amount": "1000"})
        sandbox.fault("error_before", path="/v1/refunds/*", times=1)
        [told] = sandbox.events("refund.created")

        event = tell(told, now)
        assert event.state == "received"
        assert not Refund.objects.exists()
        sweeper.sweep(now=event.next_attempt_at)

        event.refresh_from_db()
        assert event.state == "done"
        assert Refund.objects.count() == 1

    def test_gives_up_after_ten_tries_and_can_be_revived(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        sandbox.api("POST", "refunds", {"payment_intent": payment.gateway_id, "amount": "1000"})
        sandbox.fault("error_before", path="/v1/refunds/*", times=10)
        event = tell(sandbox.events("refund.created")[0], now)
        for _ in range(9):
            sweeper.sweep(now=event.next_attempt_at)
            event.refresh_from_db()
        assert (event.state, event.attempts) == ("dead", 10)

        call_command("replay_webhook", "--dead")

        event.refresh_from_db()
        assert event.state == "done"

    def test_a_stray_authorisation_is_let_go(self, sandbox, now):
        booking = make.ready(now=now)
        payment = make.pay(booking, sandbox, "pm_card_authenticationRequired", now=now)
        make.answer_bank(sandbox, payment)
        from payments.services import endings

        endings.abandoned(payment, cause="abandoned", now=now)
        [told] = sandbox.events("payment_intent.amount_capturable_updated")

        event = tell(told, now)

        assert event.state == "done"
        assert sandbox.books()["payment_intents"][0]["status"] == "canceled"


class TestReplayCommand:
    def test_wants_to_know_which(self):
        with pytest.raises(CommandError):
            call_command("replay_webhook")

    def test_knows_only_what_is_in_the_inbox(self):
        with pytest.raises(CommandError):
            call_command("replay_webhook", "evt_unknown")
