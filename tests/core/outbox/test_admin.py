"""The outbox for staff: what gave up and why, and trying again after a preview."""

import pytest

from core.backoffice import bulk
from core.backoffice.models import BulkRun
from core.outbox import relay
from core.outbox.models import ATTEMPTS_MAX, Delivery, State
from tests.core.backoffice.staff import of_role
from tests.core.outbox.facts import effects, ring

pytestmark = pytest.mark.django_db
LIST = "/admin/outbox/delivery/"
REPLAY = f"{LIST}try-again/"


@pytest.fixture
def ops(client):
    client.force_login(of_role("ops"))
    return client


@pytest.fixture
def dead(bell) -> list[Delivery]:
    ring(1, 2)
    Delivery.objects.update(state=State.GAVE_UP, attempts=ATTEMPTS_MAX, error="ValueError: cracked")
    return list(Delivery.objects.all())


class TestList:
    def test_says_what_gave_up_and_why(self, ops, dead):
        page = ops.get(LIST).content.decode()

        assert "2 messages gave up" in page
        assert "A value was not what the code expects." in page
        assert "Not done, by kind" in page
        assert "Bell rang" in page
        assert "Try all 2 again" in page

    def test_is_calm_otherwise(self, ops, bell):
        ring(1)

        page = " ".join(ops.get(LIST).content.decode().split())

        assert "Nothing gave up. 1 waiting." in page

    def test_costs_the_same_for_many(self, ops, bell, django_assert_max_num_queries):
        ring(*range(20))

        with django_assert_max_num_queries(12):
            ops.get(LIST)

    def test_is_not_for_the_office(self, client, dead):
        client.force_login(of_role("office"))

        assert client.get(LIST).status_code == 403


class TestPage:
    def test_shows_what_the_message_says(self, ops, dead):
        page = ops.get(f"{LIST}{dead[0].pk}/change/").content.decode()

        assert "Bell rang" in page
        assert "ValueError: cracked" in page
        assert "<dt>number</dt>" in page


class TestTryAgain:
    def test_shows_a_preview_first(self, ops, dead):
        answer = ops.post(
            LIST, {"action": "try_again", "_selected_action": [str(dead[0].pk)]}, follow=True
        )

        assert "Try 1 message again" in answer.content.decode()
        assert Delivery.objects.gave_up().count() == 2

    def test_tries_the_chosen(self, ops, dead):
        ops.post(f"{REPLAY}?ids={dead[0].pk}", {"reason": "mended"})

        relay.relay_due()
        assert effects() == 1
        assert Delivery.objects.gave_up().count() == 1

    def test_tries_all(self, ops, dead):
        answer = ops.post(REPLAY, {"reason": "mended"})
        run = BulkRun.objects.get()
        assert answer.url == f"/admin/backoffice/bulkrun/{run.pk}/change/"
        assert Delivery.objects.gave_up().count() == 2

        bulk.walk(run_id=run.pk)

        relay.relay_due()
        assert effects() == 2
        assert "2 of 2 done" in ops.get(answer.url).content.decode()

    def test_wants_a_reason(self, ops, dead):
        assert ops.post(REPLAY, {"reason": ""}).status_code == 200

        assert Delivery.objects.gave_up().count() == 2

    def test_has_nothing_to_try_when_all_is_well(self, ops):
        assert "Nothing here" in ops.get(REPLAY).content.decode()

    def test_refuses_what_is_no_identifier(self, ops):
        assert ops.get(REPLAY, {"ids": "all"}).status_code == 404

    def test_is_for_ops_alone(self, client, dead):
        client.force_login(of_role("office"))

        assert client.post(REPLAY, {"reason": "why not"}).status_code == 403
        assert Delivery.objects.gave_up().count() == 2
