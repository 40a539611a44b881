"""What staff can do: each with its reason on record, refused where it makes no sense."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from core.audit import selectors as audit
from core.sagas import engine, services
from core.sagas.models import SagaRun, SagaStepLog
from core.sagas.states import State
from tests.core.sagas.journeys import NOW, begin, entries, forget, parcel, register

pytestmark = pytest.mark.django_db
BY: dict[str, Any] = {"actor": "ops@example.com", "reason": "looked at it", "now": NOW}


@pytest.fixture
def failed(script) -> SagaRun:
    """Stands at ship, which says that a person must look."""
    script.tell("ship", "fail")
    return engine.drive(begin().id, now=NOW)


def drive(run: SagaRun) -> SagaRun:
    return engine.drive(run.id, now=NOW)


class TestRetryStep:
    def test_tries_the_step_again(self, script, failed):
        run = services.retry_step(run_id=failed.id, **BY)

        assert (run.state, run.step, run.error) == (State.RUNNING, "ship", "")
        assert drive(run).state == State.COMPLETED
        assert script.calls == ["check", "pack", "ship", "ship", "tell"]

    def test_goes_on_undoing_where_it_was_undoing(self, script):
        script.tell("tell", "undo")
        script.tell("unship", "fail")
        run = drive(begin())
        assert run.state == State.NEEDS_ATTENTION

        run = services.retry_step(run_id=run.id, **BY)

        assert run.state == State.COMPENSATING
        assert drive(run).state == State.COMPENSATED

    def test_brings_forward_a_try_that_is_due_later(self, script):
        script.tell("pack", "boom")
        run = drive(begin())

        services.retry_step(run_id=run.id, **BY)

        assert drive(run).state == State.COMPLETED

    def test_is_refused_when_it_has_ended(self, script):
        run = drive(begin())

        with pytest.raises(services.NotPossible):
            services.retry_step(run_id=run.id, **BY)

        assert SagaRun.objects.get().epoch == run.epoch

    def test_is_refused_while_a_step_runs(self, script):
        run = begin()
        SagaRun.objects.take_lease(run.id, now=NOW)

        with pytest.raises(services.StepUnderWay):
            services.retry_step(run_id=run.id, **BY)

        assert not SagaStepLog.objects.exists()


class TestUndoFromHere:
    def test_undoes_the_present_step_too(self, script, failed):
        assert [step.name for step in services.undo_plan(failed)] == ["ship", "pack"]

        run = drive(services.undo_from_here(run_id=failed.id, **BY))

        assert (run.state, run.outcome) == (State.COMPENSATED, "looked at it")
        assert script.calls[-2:] == ["unship", "unpack"]
        assert entries(run)[-3:] == [
            ("ship", "do", "assumed"),
            ("ship", "undo", "undone"),
            ("pack", "undo", "undone"),
        ]

    def test_is_refused_without_a_reason(self, failed):
        with pytest.raises(services.ReasonMissing):
            services.undo_from_here(run_id=failed.id, actor="ops", reason=" ", now=NOW)

        assert SagaRun.objects.get().state == State.NEEDS_ATTENTION

    def test_is_refused_when_nothing_can_be_undone(self, script):
        script.tell("check", "fail")
        run = drive(begin())

        with pytest.raises(services.NotPossible, match="Nothing"):
            services.undo_from_here(run_id=run.id, **BY)

    def test_is_refused_when_it_is_undoing_already(self, script):
        script.tell("tell", "undo")
        script.tell("unship", "fail")
        run = drive(begin())

        with pytest.raises(services.NotPossible):
            services.undo_from_here(run_id=run.id, **BY)

    def test_is_refused_by_code_that_does_not_know_the_saga(self, failed):
        forget("tests.parcel")

        with pytest.raises(services.NotPossible, match=r"tests\.parcel v1"):
            services.undo_from_here(run_id=failed.id, **BY)


class TestMarkDoneByHand:
    def test_ends_it_and_does_nothing_more(self, script, failed):
        run = services.mark_done_by_hand(run_id=failed.id, **BY)

        assert (run.state, run.finished_at) == (State.COMPLETED, NOW)
        assert run.outcome == "by hand: looked at it"
        assert drive(run).epoch == run.epoch
        assert script.calls == ["check", "pack", "ship"]

    def test_is_refused_while_it_can_go_on_by_itself(self, script):
        run = begin()

        with pytest.raises(services.NotPossible):
            services.mark_done_by_hand(run_id=run.id, **BY)

        assert SagaRun.objects.get().state == State.RUNNING

    def test_is_refused_while_its_subject_is_unfinished(self, script, failed):
        register(replace(parcel(script), unfinished=lambda _subject_id: "Still at the depot."))

        with pytest.raises(services.NotPossible, match="Still at the depot"):
            services.mark_done_by_hand(run_id=failed.id, **BY)

        assert SagaRun.objects.get().state == State.NEEDS_ATTENTION

    def test_is_refused_without_a_reason(self, failed):
        with pytest.raises(services.ReasonMissing):
            services.mark_done_by_hand(run_id=failed.id, actor="ops", reason="", now=NOW)


@pytest.mark.parametrize(
    ("service", "action", "state"),
    [
        (services.retry_step, "step_retried", "running"),
        (services.undo_from_here, "undone_from_here", "compensating"),
        (services.mark_done_by_hand, "marked_done_by_hand", "completed"),
    ],
)
def test_each_is_on_record(failed, service, action, state):
    service(run_id=failed.id, **BY)

    (entry,) = audit.history(f"sagas.run:{failed.id}")
    assert (entry.action, entry.actor, entry.reason) == (action, BY["actor"], BY["reason"])
    assert SagaStepLog.objects.latest("epoch").error == "ops@example.com: looked at it"
    assert SagaRun.objects.get().state == state


def test_each_refuses_an_unknown_run(script):
    with pytest.raises(services.RunNotFound):
        services.retry_step(run_id=UUID("01900000-0000-7000-8000-00000000ffff"), **BY)
