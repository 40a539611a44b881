"""Trying again what gave up."""

from datetime import timedelta

import pytest

from core.audit import selectors as audit
from core.outbox import relay, services
from core.outbox.models import ATTEMPTS_MAX, Delivery, State
from tests.core.outbox.facts import NOW, BellRang, effects, heard, ring
from tests.outbox_tools import subscribed

pytestmark = pytest.mark.django_db(transaction=True)


def replay(*deliveries: Delivery) -> int:
    ids = [delivery.id for delivery in deliveries]
    return services.replay(delivery_ids=ids, actor="ops@example.com", reason="mended", now=NOW)


class TestReplay:
    def test_gives_a_dead_letter_all_its_tries_again(self, bell):
        ring(1)
        Delivery.objects.update(state=State.GAVE_UP, attempts=ATTEMPTS_MAX, error="cracked")

        assert replay(Delivery.objects.get()) == 1

        delivery = Delivery.objects.get()
        assert (delivery.state, delivery.attempts, delivery.error) == (State.WAITING, 0, "cracked")
        relay.relay_due(now=NOW)
        assert effects(1) == 1
        assert Delivery.objects.get().error == ""

    def test_is_on_record(self, bell):
        ring(1)
        Delivery.objects.update(state=State.GAVE_UP, attempts=ATTEMPTS_MAX, error="cracked")
        delivery = Delivery.objects.get()

        replay(delivery)

        (entry,) = audit.history(f"outbox.delivery:{delivery.id}")
        assert (entry.action, entry.actor, entry.reason) == (
            "replayed",
            "ops@example.com",
            "mended",
        )

    def test_leaves_alone_what_is_done_or_under_way(self, bell):
        ring(1, 2)
        relay.relay_due()
        done, under_way = Delivery.objects.all()
        Delivery.objects.filter(id=under_way.id).update(
            state=State.SENDING, done_at=None, due_at=NOW + timedelta(seconds=9)
        )

        assert replay(done, under_way) == 0

        assert Delivery.objects.get(id=done.id).state == State.DONE
        assert Delivery.objects.get(id=under_way.id).state == State.SENDING

    def test_twice_hands_on_once(self):
        with subscribed(BellRang, heard, name="tests.hear"):
            ring(1)
            Delivery.objects.update(state=State.GAVE_UP, attempts=ATTEMPTS_MAX, error="cracked")
            replay(Delivery.objects.get())
            replay(Delivery.objects.get())
            relay.relay_due(now=NOW)
            relay.relay_due(now=NOW)

        assert effects(1) == 1
