"""Fifty deliveries of one webhook in several processes: one row, one effect."""

import contextlib
import json
import os
import subprocess
import sys
import threading

import pytest
from django.conf import settings
from django.db import connection

from payments.models import Refund, WebhookEvent
from payments.services import webhooks
from tests.payments import make
from tests.payments.test_webhooks import event_body, signed
from tests.races.guards import without_constraint
from tests.races.hands import at_once

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSES, EACH = 4, 13


def start(sandbox) -> subprocess.Popen:
    environment = os.environ | {
        "DB_NAME": connection.settings_dict["NAME"],
        "STRIPE_API_BASE": sandbox.base_url,
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.races.deliver", str(EACH)],
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def deliver_in_processes(sandbox, message: dict[str, str]) -> list[str]:
    """Each process delivers it EACH times, all at the same moment; what each of them printed last."""
    processes = [start(sandbox) for _ in range(PROCESSES)]
    for process in processes:
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
    for process in processes:
        while process.stdout.readline().strip() != "ready":
            assert process.poll() is None
    answers = []
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        answers.append(process.communicate(timeout=60)[0].strip().splitlines()[-1])
        assert process.returncode == 0
    return answers


class TestFiftyDeliveries:
    def test_in_four_processes_have_one_effect(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        sandbox.api("POST", "refunds", {"payment_intent": payment.gateway_id, "amount": "1000"})
        body = json.dumps(sandbox.events("refund.created")[0])
        signature = signed(body.encode(), at=int(now.timestamp()))

        answers = deliver_in_processes(sandbox, {"body": body, "signature": signature})

        payment.refresh_from_db()
        assert sorted(answers) == [f"0 of {EACH}"] * (PROCESSES - 1) + [f"1 of {EACH}"]
        assert WebhookEvent.objects.get().state == "done"
        assert Refund.objects.count() == 1
        assert payment.refunded_minor == 1000

    def test_without_the_unique_row_leave_several(self, now, monkeypatch):
        """The twin: looked up first and inserted then, as code without the constraint would."""
        body = event_body()
        signature = signed(body, at=int(now.timestamp()))

        two_have_looked = threading.Barrier(2)

        def look_then_insert(*, now, waits, **fields):
            if WebhookEvent.objects.filter(event_id=fields["event_id"]).exists():
                return None
            with contextlib.suppress(threading.BrokenBarrierError):
                two_have_looked.wait(timeout=5)
            return WebhookEvent.objects.create(received_at=now, next_attempt_at=now, **fields)

        monkeypatch.setattr(WebhookEvent, "store", look_then_insert)
        act = lambda: webhooks.receive(body=body, signature=signature, now=now)  # noqa: E731

        with without_constraint("payments_webhookevent", "payments_webhookevent_once"):
            at_once([act] * 30)
            rows = WebhookEvent.objects.count()

        assert rows > 1
