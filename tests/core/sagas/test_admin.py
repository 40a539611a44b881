"""Booking journeys for staff: plain words, the right filters, and acts with a reason."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.urls import reverse

from core import clock
from core.audit import selectors as audit
from core.sagas import engine
from core.sagas.models import SagaRun
from core.sagas.states import State
from tests.core.backoffice.staff import of_role
from tests.core.sagas.journeys import NOW, begin

pytestmark = pytest.mark.django_db
LIST = "/admin/sagas/sagarun/"


@pytest.fixture
def ops(client):
    client.force_login(of_role("ops"))
    return client


@pytest.fixture
def failed(script) -> SagaRun:
    script.tell("ship", "fail")
    return engine.drive(begin().id, now=NOW)


def page_of(run: SagaRun, act: str = "") -> str:
    if act:
        return reverse("admin:sagas_sagarun_intervene", args=[run.pk, act])
    return reverse("admin:sagas_sagarun_change", args=[run.pk])


class TestList:
    def test_shows_each_step_in_words(self, ops, failed):
        page = ops.get(LIST).content.decode()

        for words in ("Check: Done", "Pack: Done", "Ship: Needs attention", "Tell: Not yet"):
            assert words in page
        assert "1 journey needs attention" in page

    def test_is_calm_when_nothing_is_stuck(self, ops, script):
        engine.drive(begin().id, now=clock.now())

        page = " ".join(ops.get(LIST).content.decode().split())

        assert "Nothing stuck. 1 done today." in page

    @pytest.mark.parametrize(
        ("standing", "there"), [("attention", True), ("stuck", True), ("undoing", False)]
    )
    def test_filters(self, ops, failed, standing, there):
        page = ops.get(LIST, {"standing": standing}).content.decode()

        assert (str(failed.pk) in page) == there

    def test_calls_stuck_what_should_have_moved_ten_minutes_ago(self, ops, script):
        run = begin()
        SagaRun.objects.update(due_at=clock.now() - timedelta(minutes=9))
        assert str(run.pk) not in ops.get(LIST, {"standing": "stuck"}).content.decode()

        SagaRun.objects.update(due_at=clock.now() - timedelta(minutes=11))
        assert str(run.pk) in ops.get(LIST, {"standing": "stuck"}).content.decode()

    def test_costs_the_same_for_many(self, ops, script, django_assert_max_num_queries):
        engine.drive(begin().id, now=NOW)
        for number in range(12):
            engine.start(
                name="tests.parcel",
                subject_id=UUID(int=number),
                data={},
                now=NOW,
            )

        with django_assert_max_num_queries(14):
            ops.get(LIST)

    def test_is_not_for_the_office(self, client, failed):
        client.force_login(of_role("office"))

        assert client.get(LIST).status_code == 403


class TestPage:
    def test_shows_the_error_and_the_acts(self, ops, failed):
        page = ops.get(page_of(failed)).content.decode()

        assert "look at this" in page
        for words in ("Try this step again", "Undo from here", "Mark done by hand"):
            assert words in page

    def test_offers_nothing_when_it_has_ended(self, ops, script):
        run = engine.drive(begin().id, now=NOW)

        page = ops.get(page_of(run)).content.decode()

        assert "Try this step again" not in page
        assert "Mark done by hand" not in page


class TestIntervene:
    def test_lists_what_is_undone(self, ops, failed):
        page = ops.get(page_of(failed, "undo")).content.decode()

        assert page.index("Ship, by giving it back") < page.index("Pack")

    @pytest.mark.parametrize(
        ("act", "state"),
        [
            ("try-again", State.RUNNING),
            ("undo", State.COMPENSATING),
            ("done-by-hand", State.COMPLETED),
        ],
    )
    def test_acts_with_the_reason_on_record(self, ops, failed, act, state):
        answer = ops.post(page_of(failed, act), {"reason": "the box was full"})

        assert answer.status_code == 302
        assert answer.url == page_of(failed)
        assert SagaRun.objects.get().state == state
        (entry,) = audit.history(f"sagas.run:{failed.id}")
        assert entry.reason == "the box was full"

    def test_wants_a_reason(self, ops, failed):
        page = ops.post(page_of(failed, "undo"), {"reason": ""})

        assert page.status_code == 200
        assert SagaRun.objects.get().state == State.NEEDS_ATTENTION

    def test_says_why_it_is_refused(self, ops, script):
        run = engine.drive(begin().id, now=NOW)

        page = ops.post(page_of(run, "done-by-hand"), {"reason": "late"})

        assert "present state" in page.content.decode()

    def test_knows_no_other_act(self, ops, failed):
        assert ops.get(page_of(failed, "dance")).status_code == 404

    def test_of_an_unknown_journey_is_not_found(self, ops, failed):
        failed.pk = UUID(int=1)

        assert ops.get(page_of(failed, "undo")).status_code == 404

    def test_is_for_ops_alone(self, client, failed):
        client.force_login(of_role("office"))

        assert client.post(page_of(failed, "undo"), {"reason": "why not"}).status_code == 403
        assert SagaRun.objects.get().state == State.NEEDS_ATTENTION


class TestTryAgainOfTheList:
    def test_tries_the_chosen(self, ops, failed):
        ops.post(LIST, {"action": "try_again", "_selected_action": [str(failed.pk)]})

        assert SagaRun.objects.get().state == State.RUNNING
