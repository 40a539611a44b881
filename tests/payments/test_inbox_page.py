"""The webhook inbox for staff: kinds in words, delay, what is stuck, and processing again."""

from datetime import timedelta

import pytest

from core import clock
from core.backoffice import bulk
from core.backoffice.models import BulkRun
from payments.models import WebhookEvent, WebhookState
from tests.core.backoffice.staff import of_role

pytestmark = pytest.mark.django_db
LIST = "/admin/payments/webhookevent/"


@pytest.fixture
def ops(client):
    client.force_login(of_role("ops"))
    return client


def told(number: int = 1, *, state=WebhookState.DEAD, **facts) -> WebhookEvent:
    now = clock.now()
    event = WebhookEvent.store(
        livemode=False, event_id=f"evt_{number}", type="payment_intent.succeeded",
        happened_at=now, now=now - timedelta(minutes=12), object_id=f"pi_{number}", **facts,
    )  # fmt: skip
    WebhookEvent.objects.filter(pk=event.pk).update(
        state=state, error="Unreachable: timed out", attempts=10
    )
    return event


def text(client, path: str = LIST) -> str:
    return " ".join(client.get(path).content.decode().split())


class TestList:
    def test_says_it_in_words(self, ops):
        told()

        page = text(ops)

        for words in (
            "Payment taken",
            "Given up",
            "12 minutes",
            "Stripe did not answer.",
            "1 message gave up",
        ):
            assert words in page

    def test_is_calm_when_nothing_is_stuck(self, ops):
        told(state=WebhookState.DONE)

        assert "Nothing stuck. 1 done today." in text(ops)

    def test_costs_the_same_for_many(self, ops, django_assert_max_num_queries):
        for number in range(30):
            told(number)

        with django_assert_max_num_queries(12):
            ops.get(LIST)

    def test_says_that_a_repeat_was_ignored(self, ops):
        told()
        now = clock.now()
        for _ in range(2):
            repeat = WebhookEvent.store(
                livemode=False, event_id="evt_1", type="payment_intent.succeeded", happened_at=now, now=now
            )  # fmt: skip
            assert repeat is None

        assert WebhookEvent.objects.count() == 1
        assert "Seen before, ignored (2 times)" in text(ops)


class TestPage:
    def test_words_then_raw(self, ops):
        page = text(ops, f"{LIST}{told().pk}/change/")

        assert page.index("Stripe did not answer.") < page.index("Unreachable: timed out")


class TestProcessAgain:
    def again(self, client, *events):
        keys = [str(event.pk) for event in events]
        return client.post(LIST, {"action": "process_again", "_selected_action": keys})

    def test_one_at_once(self, ops):
        event = told()

        self.again(ops, event)

        event.refresh_from_db()
        assert event.state == WebhookState.RECEIVED

    def test_many_in_the_background(self, ops):
        events = [told(number) for number in (1, 2, 3)]

        answer = self.again(ops, *events)
        run = BulkRun.objects.get()
        assert str(run.pk) in answer.url
        assert WebhookEvent.objects.filter(state=WebhookState.DEAD).count() == 3
        bulk.walk(run_id=run.pk)

        assert not WebhookEvent.objects.filter(state=WebhookState.DEAD).exists()

    def test_is_for_ops_alone(self, client):
        client.force_login(of_role("office"))
        event = told()

        self.again(client, event)

        event.refresh_from_db()
        assert event.state == WebhookState.DEAD
