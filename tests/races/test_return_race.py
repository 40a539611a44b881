"""The customer's return, the webhook and the sweep at the same moment: one of them moves the payment."""

import json
import logging
import threading
from uuid import uuid4

import pytest
from django.db import connection

from core.outbox.models import Message
from core.sagas import engine
from core.sagas.definition import Run
from payments import sagas
from payments.models import GatewayCall, PaymentStatus, PaymentTransition
from payments.models.stateful import MovedMeanwhile, Stateful
from payments.services import checkout, endings, webhooks
from tests.payments import make
from tests.payments.test_webhooks import signed
from tests.races.hands import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def told_succeeded() -> int:
    return Message.objects.filter(name="payments.payment_succeeded").count()


class TestReturn:
    def test_all_at_once_pay_once(self, sandbox, now):
        booking = make.ready(now=now)
        payment = make.pay(booking, sandbox, "pm_card_authenticationRequired", now=now)
        make.answer_bank(sandbox, payment)
        body = json.dumps(sandbox.events("payment_intent.amount_capturable_updated")[0]).encode()
        event = webhooks.receive(
            body=body, signature=signed(body, at=int(now.timestamp())), now=now
        )
        run = make.run_of(payment)

        at_once(
            [
                *[lambda: checkout.continue_after_action(token=booking.token, now=now)] * 4,
                *[lambda: webhooks.process(event_pk=event.pk, now=now)] * 4,
                *[lambda: engine.drive(run.id, now=now)] * 4,
            ]
        )
        make.drive(payment, now=now)

        payment.refresh_from_db()
        booking.refresh_from_db()
        [intent] = sandbox.books()["payment_intents"]
        assert payment.status == PaymentStatus.SUCCEEDED
        assert booking.status == "confirmed"
        assert intent["amount_received"] == booking.total_minor
        assert told_succeeded() == 1
        assert make.steps(payment).count("succeeded") == 1
        assert GatewayCall.objects.get(payment=payment, verb="capture").sends == 1


@pytest.fixture
def captured(sandbox, now, monkeypatch):
    """A payment whose money is taken at the gateway, one step before its booking is confirmed."""
    monkeypatch.setattr(endings, "succeeded", lambda *args, **kwargs: 1 / 0)
    payment = make.paid(sandbox, now=now)
    monkeypatch.undo()
    assert payment.status == PaymentStatus.CAPTURING
    return payment


def confirm_twice(payment, now):
    """Two drivers at the last step, as if neither the lease nor its fence had held."""
    both_are_here = threading.Barrier(2)

    def confirm():
        run = Run(uuid4(), payment.id, {"captured_minor": payment.amount_minor}, 1, 1, now,
                  logging.getLogger())  # fmt: skip
        known = sagas._payment(run)
        both_are_here.wait(30)
        endings.succeeded(known, captured_minor=payment.amount_minor, now=now)

    return at_once([confirm, confirm])


class TestTheLastStep:
    def test_twice_at_once_is_once(self, captured, now):
        outcome = confirm_twice(captured, now)

        assert outcome.refused(MovedMeanwhile) == 1
        assert told_succeeded() == 1

    def test_without_the_condition_is_told_twice(self, captured, now, monkeypatch):
        """The twin: the move no longer asks whether the state is still the one that was read."""

        def write_whatever_it_is(self, before, names, line, beside=None):
            columns, values = self._prepared(names)
            assignments = ", ".join(f'"{column}" = %s' for column in columns)
            with connection.cursor() as cursor:
                cursor.execute(
                    f"UPDATE {self._meta.db_table} SET {assignments} WHERE id = %s",
                    [*values, self.pk],
                )
            PaymentTransition.objects.create(payment_id=self.pk, **line)
            return True

        monkeypatch.setattr(Stateful, "_write", write_whatever_it_is)

        confirm_twice(captured, now)

        assert told_succeeded() == 2
