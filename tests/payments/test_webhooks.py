"""The inbox: genuine once, forged never, in any order to one end."""

import hashlib
import hmac
import itertools
import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import nudges
from payments.gateways import stripe as gateway
from payments.gateways.base import GatewayDispute
from payments.models import (
    Dispute,
    MovedMeanwhile,
    PaymentStatus,
    Refund,
    RefundStatus,
    StrayMoney,
    WebhookEvent,
)
from payments.services import disputes, refund_sending, refunds, sweeper, webhooks
from payments.services.refusals import TriedAgain
from payments.tasks import PROCESS_WEBHOOK
from tests.breakers import forget_breakers
from tests.payments import make

pytestmark = pytest.mark.django_db

URL = "/webhooks/stripe/"
A_MINUTE = timedelta(minutes=1)


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


def nudged() -> float:
    """How often a worker was told of a message, or would have been had the broker answered."""
    metrics = nudges.nudges_total.collect()[0].samples
    return sum(
        each.value
        for each in metrics
        if each.name.endswith("_total") and each.labels["task"] == PROCESS_WEBHOOK
    )


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

    def test_leaves_no_work_behind_for_a_type_that_nothing_waits_for(self):
        body = event_body(type="customer.created")
        before = nudged()

        with CaptureQueriesContext(connection) as asked:
            response = post(body, signed(body, at=now_s()))

        event = WebhookEvent.objects.get()
        assert response.status_code == 200
        assert (event.type, event.state, event.error) == ("customer.created", "ignored", "")
        assert event.processed_at == event.received_at
        assert len(asked) == 1
        assert nudged() == before
        assert webhooks.process(event_pk=event.pk, now=event.received_at + A_MINUTE) is None

    def test_tells_a_worker_of_a_type_that_is_waited_for(self):
        body = event_body()
        before = nudged()

        post(body, signed(body, at=now_s()))

        assert nudged() == before + 1

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


def sweep_until_given_up(event, *, from_):
    moment = from_
    for _ in range(20):
        WebhookEvent.objects.filter(pk=event.pk).update(next_attempt_at=moment)
        sweeper.sweep(now=moment)
        event.refresh_from_db()
        if event.state == "dead":
            return
        moment += timedelta(hours=1)


def given_up(sandbox, now):
    """A third of a payment, sent in vain: the gateway never heard of it, as far as it says."""
    payment = make.paid(sandbox, now=now)
    refund = refunds.request(
        payment_id=payment.id, amount_minor=payment.captured_minor // 3, reason="goodwill",
        actor="olive", now=now,
    )  # fmt: skip
    sandbox.fault("error_before", path="/v1/refunds", method="POST", times=1)
    make.drive(refund, now=now, name="refund")
    make.drive(refund, now=now + timedelta(minutes=11), name="refund")
    refund.refresh_from_db()
    assert (refund.status, refund.failure_code) == (RefundStatus.FAILED, "never_arrived")
    return payment, refund


def arrive_late(sandbox, payment, refund):
    """The request that was lost on its way is carried out after all."""
    asked = {
        "payment_intent": payment.gateway_id,
        "amount": str(refund.amount_minor),
        "metadata[operation_id]": refund.operation_id,
    }
    sandbox.api("POST", "refunds", asked)


def gateway_dispute(dispute, *, status):
    return GatewayDispute(
        id=dispute.gateway_id,
        status=status,
        amount=dispute.amount_minor,
        currency=dispute.currency,
        payment_id=dispute.payment.gateway_id,
        charge_id="",
        reason=dispute.reason,
        due_at=None,
        created_at=dispute.opened_at,
    )


class TestProcess:
    def test_ignores_unknown_types_though_a_person_asks_for_them(self, sandbox, now):
        body = event_body(type="product.created", data={"object": {"id": "prod_1"}})
        event = webhooks.receive(
            body=body, signature=signed(body, at=int(now.timestamp())), now=now
        )

        event = webhooks.process_again(event_pk=event.pk, actor="staff:1", now=now)

        assert (event.state, event.attempts) == ("ignored", 1)

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

    def test_an_outage_of_a_day_uses_up_no_attempt(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        sandbox.api("POST", "refunds", {"payment_intent": payment.gateway_id, "amount": "1000"})
        sandbox.fault("error_before", path="/v1/refunds/*", times=1000)
        event = tell(sandbox.events("refund.created")[0], now)

        for _ in range(170):
            sweeper.sweep(now=event.next_attempt_at)
            event.refresh_from_db()
        assert event.next_attempt_at > now + timedelta(days=1)
        assert (event.state, event.attempts) == ("received", 0)
        sandbox.clear_faults()
        forget_breakers()
        sweeper.sweep(now=event.next_attempt_at)

        event.refresh_from_db()
        assert event.state == "done"
        assert Refund.objects.count() == 1

    def test_an_outage_of_three_days_ends_on_a_persons_list(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        sandbox.api("POST", "refunds", {"payment_intent": payment.gateway_id, "amount": "1000"})
        sandbox.fault("error_before", path="/v1/refunds/*", times=1000)
        event = tell(sandbox.events("refund.created")[0], now)

        sweep_until_given_up(event, from_=now + timedelta(hours=72))

        assert (event.state, event.attempts) == ("dead", 10)

    def test_gives_up_after_ten_tries_and_can_be_revived(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        in_the_way = refunds.request(
            payment_id=payment.id, amount_minor=payment.captured_minor, reason="goodwill",
            actor="olive", now=now,
        )  # fmt: skip
        sandbox.api("POST", "refunds", {"payment_intent": payment.gateway_id, "amount": "1000"})
        event = tell(sandbox.events("refund.created")[0], now)
        sweep_until_given_up(event, from_=event.next_attempt_at)
        assert (event.state, event.attempts) == ("dead", 10)
        refund_sending.reject(in_the_way, cause="not meant", failure_code="", now=now)

        call_command("replay_webhook", "--dead")

        event.refresh_from_db()
        assert event.state == "done"

    def test_a_refund_that_was_given_up_and_then_carried_out_is_taken_over(self, sandbox, now):
        payment, refund = given_up(sandbox, now)
        arrive_late(sandbox, payment, refund)

        event = tell(sandbox.events("refund.created")[0], now)

        adopted = Refund.objects.get(retry_of=refund)
        payment.refresh_from_db()
        assert event.state == "done"
        assert (adopted.status, adopted.external) == (RefundStatus.SUCCEEDED, True)
        assert payment.refunded_minor == refund.amount_minor
        with pytest.raises(TriedAgain):
            refunds.retry(refund_id=refund.id, actor="olive", now=now)
        assert len(sandbox.books()["refunds"]) == 1

    def test_a_refund_that_was_carried_out_twice_ends_on_a_persons_list(self, sandbox, now):
        payment, refund = given_up(sandbox, now)
        again = refunds.retry(refund_id=refund.id, actor="olive", now=now)
        make.drive(again, now=now, name="refund")
        arrive_late(sandbox, payment, refund)

        late = [
            each
            for each in sandbox.events("refund.created")
            if each["data"]["object"]["metadata"].get("operation_id") == refund.operation_id
        ]
        event = tell(late[0], now)

        payment.refresh_from_db()
        stray = StrayMoney.objects.get()
        assert event.state == "done"
        assert (stray.kind, stray.status) == ("refund", "open")
        assert (stray.payment, stray.amount_minor) == (payment, refund.amount_minor)
        assert payment.refunded_minor == again.amount_minor

    def test_a_dispute_read_before_another_hand_moved_it_changes_nothing(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        dispute = make.dispute(payment, now=now)
        seen = Dispute.objects.get()
        older = gateway_dispute(dispute, status="under_review")
        dispute.mirror("won", evidence_due_at=None, now=now)

        with pytest.raises(MovedMeanwhile):
            disputes.mirror(payment=payment, known=seen, answer=older, now=now)

        assert Dispute.objects.get().status == "won"

    def test_a_dispute_is_read_here_before_it_is_read_there(self, sandbox, now, monkeypatch):
        payment = make.paid(sandbox, now=now)
        sandbox.dispute(payment_intent=payment.gateway_id)
        tell(sandbox.events("charge.dispute.created")[0], now)
        dispute = Dispute.objects.get()
        sandbox.move_dispute(dispute.gateway_id, "under_review")
        [told] = sandbox.events("charge.dispute.updated")
        ask = gateway.dispute

        def while_another_hand_moves_it(dispute_id):
            answer = ask(dispute_id)
            Dispute.objects.get().mirror("won", evidence_due_at=None, now=now)
            return answer

        monkeypatch.setattr(gateway, "dispute", while_another_hand_moves_it)
        event = tell(told, now)

        assert event.state == "received"
        assert Dispute.objects.get().status == "won"

    def test_each_message_of_a_batch_has_its_own_moment(self, sandbox, now):
        body = event_body(type="product.created", data={"object": {"id": "prod_1"}})
        signature = signed(body, at=int(now.timestamp()))
        event = webhooks.receive(body=body, signature=signature, now=now)
        WebhookEvent.objects.update(next_attempt_at=now - timedelta(minutes=5))

        sweeper.sweep(now=now - timedelta(minutes=1))

        event.refresh_from_db()
        assert event.processed_at >= now

    def test_the_journey_it_wakes_has_its_own_moment(self, sandbox, now):
        payment = make.pay(make.ready(now=now), sandbox, "pm_card_authenticationRequired", now=now)
        make.answer_bank(sandbox, payment)

        tell(sandbox.events("payment_intent.amount_capturable_updated")[0], now - A_MINUTE)

        payment.refresh_from_db()
        assert payment.captured_at >= now

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
