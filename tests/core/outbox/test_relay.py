"""The relay: effects once, failures tried again and in the end set aside, and nobody held up by them."""

from datetime import timedelta

import pytest
from django.db import transaction

from core.crashpoints import Crashed
from core.errors import Unavailable
from core.outbox import events, metrics, relay
from core.outbox.models import ATTEMPTS_MAX, LEASE, Delivery, Message, State
from core.tracing import propagation
from tests.core.outbox.facts import NOW, BellAnswered, BellRang, effects, heard, ring
from tests.outbox_tools import drain_outbox, subscribed

LATER = timedelta(hours=2)


def cracked(event):
    heard(event)
    raise RuntimeError("cracked")


@pytest.mark.django_db(transaction=True)
class TestRelayDue:
    def test_hands_each_message_to_its_handler_once(self, bell):
        ring(1, 2, 3)

        assert relay.relay_due() == 3
        assert relay.relay_due() == 0

        assert [effects(number) for number in (1, 2, 3)] == [1, 1, 1]
        assert {delivery.state for delivery in Delivery.objects.all()} == {State.DONE}

    def test_hands_on_what_handlers_publish_in_turn(self, bell):
        def answer(event):
            events.publish(BellAnswered(number=event.number))

        answered: list[BellAnswered] = []
        with (
            subscribed(BellRang, answer, name="tests.answer"),
            subscribed(BellAnswered, answered.append, name="tests.answered"),
        ):
            ring(4)
            relay.relay_due()

        assert answered == [BellAnswered(number=4)]

    def test_takes_fresh_messages_whatever_the_clocks_say(self, bell):
        ring(1, now=NOW + timedelta(days=1))

        assert relay.relay_due(now=NOW) == 1

    def test_works_in_the_trace_of_the_publisher(self):
        seen = []
        trace = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
        with subscribed(BellRang, lambda _: seen.append(propagation.trace_id()), name="tests.see"):
            with propagation.attach(trace):
                ring(1)
            relay.relay_due()

        assert seen == ["0af7651916cd43dd8448eb211c80319c"]

    def test_costs_little(self, bell, django_assert_max_num_queries):
        """20 messages: a claim, one transaction with the mark and the 20 effects, and two looks that find nothing."""
        ring(*range(20))

        with django_assert_max_num_queries(20 + 6):
            relay.relay_due()


@pytest.mark.django_db(transaction=True)
class TestFailure:
    def test_keeps_no_effect_and_the_error(self):
        with subscribed(BellRang, cracked, name="tests.crack"):
            ring(1)
            relay.relay_due(now=NOW)

        delivery = Delivery.objects.get()
        assert effects() == 0
        assert (delivery.state, delivery.attempts) == (State.WAITING, 1)
        assert delivery.error == "RuntimeError: cracked"
        assert NOW + timedelta(seconds=1) < delivery.due_at < NOW + timedelta(seconds=3)

    def test_does_not_touch_the_others_of_its_batch(self, bell):
        def crack_on_two(event):
            if event.number == 2:
                cracked(event)

        with subscribed(BellRang, crack_on_two, name="tests.crack"):
            ring(1, 2, 3)
            relay.relay_due(now=NOW)

        assert [effects(number) for number in (1, 2, 3)] == [1, 1, 1]
        assert Delivery.objects.filter(state=State.DONE).count() == 5
        assert Delivery.objects.get(state=State.WAITING).message.payload == {"number": 2}

    def test_is_tried_again_when_its_time_has_come(self):
        tries = []

        def succeed_on_second(event):
            tries.append(event)
            if len(tries) == 1:
                raise Unavailable
            heard(event)

        with subscribed(BellRang, succeed_on_second, name="tests.second"):
            ring(1)
            relay.relay_due(now=NOW)
            assert relay.relay_due(now=NOW) == 0
            relay.relay_due(now=NOW + LATER)

        delivery = Delivery.objects.get()
        assert effects(1) == 1
        assert (delivery.state, delivery.attempts, delivery.error) == (State.DONE, 2, "")

    def test_ends_as_a_dead_letter_after_ten_tries(self):
        with subscribed(BellRang, cracked, name="tests.crack"):
            ring(1)
            for turn in range(ATTEMPTS_MAX + 5):
                relay.relay_due(now=NOW + turn * LATER)

        delivery = Delivery.objects.get()
        assert (delivery.state, delivery.attempts) == (State.GAVE_UP, ATTEMPTS_MAX)
        assert delivery.error == "RuntimeError: cracked"
        assert effects() == 0

    def test_of_a_database_error_harms_no_other(self, bell):
        def duplicate(event):
            Message.objects.create(
                id=Message.objects.earliest("id").id, published_at=NOW, version=1
            )

        with subscribed(BellRang, duplicate, name="tests.duplicate"):
            ring(1, 2)
            relay.relay_due(now=NOW)

        assert effects() == 2
        assert Delivery.objects.filter(handler="tests.duplicate", attempts=1).count() == 2

    @pytest.mark.parametrize(
        ("columns", "error"),
        [
            ({"name": "tests.of_newer_code"}, "UnknownHandler"),
            ({"version": 9}, "UnknownVersion: tests.bell_rang v9: this code knows v1"),
            ({"payload": {"unheard": "of"}}, "TypeError"),
        ],
    )
    def test_of_what_this_code_does_not_know_waits_for_code_that_does(self, bell, columns, error):
        ring(1)
        Message.objects.update(**columns)

        relay.relay_due(now=NOW)

        delivery = Delivery.objects.get()
        assert delivery.state == State.WAITING
        assert delivery.error.startswith(error)

    def test_of_an_unknown_handler_waits_too(self, bell):
        ring(1)
        Delivery.objects.update(handler="tests.of_newer_code")

        relay.relay_due(now=NOW)

        assert Delivery.objects.get().error == (
            "UnknownHandler: tests.of_newer_code (of tests.bell_rang)"
        )


@pytest.mark.django_db(transaction=True)
class TestCrash:
    """CP06: the process dies after the handler and before the mark is committed."""

    @pytest.fixture(autouse=True)
    def armed(self, monkeypatch, tmp_path):
        monkeypatch.setenv("CRASH_POINTS", "CP06:raise")
        monkeypatch.setenv("CRASH_DIR", str(tmp_path))

    def test_keeps_neither_effect_nor_mark(self, bell):
        ring(1)

        with pytest.raises(Crashed):
            relay.relay_due(now=NOW)

        assert effects() == 0
        assert Delivery.objects.get().state == State.SENDING

    def test_is_made_good_when_the_lease_has_run_out(self, bell):
        ring(1, 2)
        with pytest.raises(Crashed):
            relay.relay_due(now=NOW)

        assert relay.relay_due(now=NOW) == 0
        assert relay.relay_due(now=NOW + LEASE) == 2

        assert [effects(1), effects(2)] == [1, 1]

    def test_that_never_ends_is_set_aside(self, bell):
        ring(1)
        Delivery.objects.update(state=State.SENDING, attempts=ATTEMPTS_MAX, due_at=NOW)

        assert relay.relay_due(now=NOW + LATER) == 0
        assert Delivery.objects.bury_exhausted(now=NOW + LATER) == 1

        delivery = Delivery.objects.get()
        assert delivery.state == State.GAVE_UP
        assert "died" in delivery.error


@pytest.mark.django_db(transaction=True)
class TestZombie:
    """A relay that claims, sleeps through its lease, and goes on after another has delivered."""

    def test_changes_nothing(self, bell):
        ring(1)
        slept = Delivery.objects.claim_fresh(now=NOW, limit=1)
        relay.relay_due(now=NOW + LEASE)

        relay._handle_each(slept, NOW + LEASE)

        assert effects(1) == 1
        assert Delivery.objects.get().attempts == 2

    def test_would_deliver_twice_without_the_fence(self, bell, monkeypatch):
        ring(1)
        slept = Delivery.objects.claim_fresh(now=NOW, limit=1)
        relay.relay_due(now=NOW + LEASE)

        monkeypatch.setattr(
            type(Delivery.objects.all()), "mark_done", lambda self, claims, now: len(claims)
        )
        relay._handle_each(slept, NOW + LEASE)

        assert effects(1) == 2


@pytest.mark.django_db(transaction=True)
class TestMetrics:
    def test_show_the_backlog(self, bell):
        ring(1, now=NOW - timedelta(seconds=90))
        ring(2, now=NOW)

        found = {each.name: each.samples[0].value for each in metrics.backlog(NOW)}

        assert found == {
            "outbox_open_deliveries": 2,
            "outbox_gave_up_deliveries": 0,
            "outbox_oldest_open_seconds": 90,
        }


@pytest.mark.django_db
class TestDrainOutbox:
    def test_works_inside_the_transaction_of_a_test(self, bell):
        with transaction.atomic():
            events.publish(BellRang(number=1))

        assert drain_outbox() == 1
        assert effects(1) == 1

    def test_tells_of_a_handler_that_failed(self):
        with subscribed(BellRang, cracked, name="tests.crack"):
            ring(1)
            with pytest.raises(AssertionError, match="cracked"):
                drain_outbox()
