"""Publishing: in the transaction or not at all, plain values only, one delivery for each handler."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from django.db import transaction

from core.outbox import events
from core.outbox.models import Delivery, Message, State
from core.tracing import propagation
from tests.core.outbox.facts import NOW, BellRang, heard, ring
from tests.outbox_tools import subscribed


@dataclass(frozen=True)
class Anything(events.Event):
    name: ClassVar[str] = "tests.anything"
    value: Any = field(default=None)


class TestPublish:
    @pytest.mark.django_db(transaction=True)
    def test_refuses_without_a_transaction(self, bell):
        with pytest.raises(events.OutsideTransaction):
            events.publish(BellRang(number=1))

        assert not Message.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_leaves_nothing_when_the_transaction_is_rolled_back(self, bell):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            events.publish(BellRang(number=1))
            raise ZeroDivisionError

        assert not Message.objects.exists()
        assert not Delivery.objects.exists()

    @pytest.mark.django_db
    def test_writes_one_delivery_for_each_handler(self, bell):
        with subscribed(BellRang, lambda event: None, name="tests.other"):
            events.publish(BellRang(number=7), now=NOW)

        message = Message.objects.get()
        assert (message.name, message.version, message.payload) == (BellRang.name, 1, {"number": 7})
        assert message.published_at == NOW
        deliveries = Delivery.objects.filter(message=message)
        assert {delivery.handler for delivery in deliveries} == {"tests.hear", "tests.other"}
        assert {delivery.state for delivery in deliveries} == {State.WAITING}

    @pytest.mark.django_db
    def test_keeps_the_message_that_nobody_listens_to(self):
        events.publish(BellRang(number=1))

        assert Message.objects.count() == 1
        assert not Delivery.objects.exists()

    @pytest.mark.django_db
    def test_costs_one_statement(self, bell, django_assert_num_queries):
        with django_assert_num_queries(1):
            events.publish(BellRang(number=1))

    @pytest.mark.django_db
    def test_keeps_the_trace(self, bell):
        trace = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}

        with propagation.attach(trace):
            events.publish(BellRang(number=1))

        assert Message.objects.get().trace == trace

    @pytest.mark.django_db
    @pytest.mark.parametrize("value", [1.5, Decimal(1), NOW, {"deep": [b"bytes"]}, object()])
    def test_refuses_values_that_are_not_plain(self, value):
        with pytest.raises(TypeError):
            events.publish(Anything(value))

        assert not Message.objects.exists()

    @pytest.mark.django_db
    def test_refuses_a_payload_without_end(self):
        with pytest.raises(TypeError, match="bytes"):
            events.publish(Anything("x" * events.PAYLOAD_BYTES_MAX))


class TestNudgeOfThePublisher:
    @pytest.mark.django_db
    def test_comes_once_for_a_transaction(self, bell, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks() as callbacks:
            for number in range(3):
                events.publish(BellRang(number=number))

        assert len(callbacks) == 1

    @pytest.mark.django_db
    def test_does_not_come_when_nobody_listens(self, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks() as callbacks:
            events.publish(BellRang(number=1))

        assert callbacks == []


class TestSubscribe:
    def test_refuses_two_handlers_of_one_name(self, bell):
        with pytest.raises(ValueError, match=r"tests\.hear"):
            events.subscribe(BellRang, print, name="tests.hear")

    @pytest.mark.django_db
    def test_accepts_the_same_twice_and_tells_it_once(self, bell):
        events.subscribe(BellRang, heard, name="tests.hear")

        ring(1)

        assert Delivery.objects.filter(handler="tests.hear").count() == 1


class TestEvent:
    def test_refuses_two_classes_of_one_name(self):
        with pytest.raises(ValueError, match=r"tests\.bell_rang"):

            class Impostor(events.Event):
                name: ClassVar[str] = "tests.bell_rang"


class TestRead:
    def test_gives_the_event_back(self):
        assert events.read(BellRang.name, 1, {"number": 5}) == BellRang(number=5)

    def test_refuses_a_version_that_this_code_does_not_know(self):
        with pytest.raises(events.UnknownVersion, match="v2"):
            events.read(BellRang.name, 2, {"number": 5})

    def test_refuses_an_event_that_this_code_does_not_know(self):
        with pytest.raises(events.UnknownEvent):
            events.read("tests.not_yet_written", 1, {})


@pytest.mark.django_db
def test_moments_are_kept_as_text():
    """A handler gets what was published: text stays text, it is not turned into a moment."""
    events.publish(Anything(datetime.isoformat(NOW)))

    assert Message.objects.get().payload == {"value": "2026-11-23T09:00:00+00:00"}


@pytest.mark.django_db(transaction=True)
def test_a_delivery_is_unique_for_message_and_handler(bell):
    from django.db import IntegrityError

    ring(1)
    delivery = Delivery.objects.get()

    with pytest.raises(IntegrityError):
        Delivery.objects.create(message=delivery.message, handler=delivery.handler, due_at=NOW)
