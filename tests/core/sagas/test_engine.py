"""The engine, step by step: where each result leads, what is written, and who may drive."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from core.database.transactions import InsideTransaction
from core.sagas import definition as definitions
from core.sagas import engine, statements
from core.sagas.models import LEASE, SagaRun, SagaStepLog
from core.sagas.states import State
from core.sagas.walk import LeaseLost, Walk
from tests.core.sagas.journeys import NOW, SUBJECT, begin, entries, forget, parcel, register

pytestmark = pytest.mark.django_db
LATER = timedelta(days=1)


def drive(run: SagaRun, *, after: timedelta = timedelta(0)) -> SagaRun:
    return engine.drive(run.id, now=NOW + after)


def taken(run: SagaRun, now: datetime) -> SagaRun:
    """The lease, which must be free."""
    got = SagaRun.objects.take_lease(run.id, now=now)
    assert got is not None
    return got


class TestStart:
    def test_writes_where_the_saga_stands(self, script):
        run = begin(weight=3)

        stored = SagaRun.objects.get(id=run.id)
        assert (stored.name, stored.version, stored.step) == ("tests.parcel", 1, "check")
        assert (stored.state, stored.data, stored.due_at) == (State.RUNNING, {"weight": 3}, NOW)
        assert script.calls == []

    def test_gives_back_the_run_that_the_subject_has(self, script):
        first = begin()

        with transaction.atomic():
            second = begin()

        assert first.id == second.id
        assert SagaRun.objects.count() == 1

    def test_is_undone_with_the_callers_transaction(self, script):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            begin()
            raise ZeroDivisionError

        assert not SagaRun.objects.exists()

    def test_uses_the_newest_version(self, script):
        definitions.register(parcel(script, version=2))

        assert begin().version == 2

    def test_refuses_a_saga_that_does_not_exist(self):
        with pytest.raises(definitions.UnknownSaga):
            engine.start(name="tests.unheard_of", subject_id=SUBJECT, data={}, now=NOW)

    def test_leaves_a_moment_to_the_caller_before_the_sweep(self, script):
        begin()

        assert SagaRun.objects.hand_over_due(now=NOW, limit=9) == []
        assert len(SagaRun.objects.hand_over_due(now=NOW + engine.CALLER_FIRST, limit=9)) == 1

    def test_in_background_asks_a_worker(self, script, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks() as callbacks:
            engine.start(
                name="tests.parcel", subject_id=SUBJECT, data={}, now=NOW, in_background=True
            )

        assert len(callbacks) == 1


class TestDrive:
    def test_walks_to_the_end(self, script):
        run = drive(begin())

        assert (run.state, run.finished_at) == (State.COMPLETED, NOW)
        assert script.calls == ["check", "pack", "ship", "tell"]
        assert entries(run) == [(name, "do", "went") for name in ("check", "pack", "ship", "tell")]

    def test_costs_one_statement_a_step(self, script, django_assert_num_queries):
        """Start 1, lease 1, one for each of the four steps; the script's own rows are made beforehand."""
        drive(begin())
        SagaRun.objects.all().delete()

        with django_assert_num_queries(1 + 1 + 4 + 4):
            drive(begin())

    def test_returns_the_row_as_it_is(self, script):
        run = drive(begin())

        stored = SagaRun.objects.get(id=run.id)
        for field in SagaRun._meta.concrete_fields:
            assert getattr(run, field.attname) == getattr(stored, field.attname), field.name

    def test_refuses_inside_a_transaction(self, script):
        run = begin()

        with pytest.raises(InsideTransaction), transaction.atomic():
            drive(run)

        assert script.calls == []

    def test_keeps_what_steps_hand_on(self, script):
        def give(run):
            return definitions.Go(parcel=f"P{run.data['weight']}")

        steps = [definitions.Step("weigh", do=give), definitions.Step("end", do=give)]
        register(definitions.Definition("tests.parcel", 1, steps))

        run = drive(begin(weight=3))

        assert run.data == {"weight": 3, "parcel": "P3"}

    def test_does_nothing_when_it_is_not_due(self, script):
        run = begin()
        SagaRun.objects.update(due_at=NOW + LATER)

        assert drive(run).step == "check"
        assert script.calls == []

    def test_of_what_has_ended_changes_nothing(self, script):
        run = drive(begin())

        again = drive(run, after=LATER)

        assert (again.state, again.epoch) == (State.COMPLETED, run.epoch)
        assert len(script.calls) == 4

    def test_stops_at_its_deadline_and_goes_on_elsewhere(self, script):
        run = engine.drive(begin().id, now=NOW, deadline_s=0)

        assert script.calls == ["check"]
        assert (run.state, run.step, run.leased_until) == (State.RUNNING, "pack", None)
        assert drive(run).state == State.COMPLETED

    def test_raises_the_epoch_with_each_result(self, script):
        run = drive(begin())

        epochs = list(SagaStepLog.objects.order_by("id").values_list("epoch", flat=True))
        assert epochs == sorted(set(epochs))
        assert run.epoch == epochs[-1]


class TestWait:
    def test_parks_until_resumed(self, script):
        script.tell("pack", "wait", "go")

        run = drive(begin())
        assert (run.state, run.waiting_for, run.leased_until) == (State.WAITING, "the post", None)
        assert drive(run, after=LATER).state == State.WAITING

        assert engine.resume(
            name="tests.parcel", subject_id=SUBJECT, cause="post came", now=NOW + LATER
        )
        assert drive(run, after=LATER).state == State.COMPLETED
        assert script.calls == ["check", "pack", "pack", "ship", "tell"]

    def test_runs_again_at_its_time(self, script):
        def wait_an_hour(run):
            return definitions.Wait(NOW + timedelta(hours=1), "the clock")

        register(
            definitions.Definition("tests.parcel", 1, [definitions.Step("nap", do=wait_an_hour)])
        )
        run = drive(begin())

        assert run.due_at == NOW + timedelta(hours=1)
        assert SagaRun.objects.hand_over_due(now=NOW, limit=9) == []
        assert SagaRun.objects.hand_over_due(now=NOW + LATER, limit=9) == [run.id]

    def test_does_not_lose_a_resume_that_comes_while_the_step_looks(self, script):
        """The lost wake-up: the step has seen nothing, the signal comes, the step wants to wait."""

        def look(run):
            looks.append(run.attempt)
            if len(looks) == 1:
                engine.resume(name="tests.parcel", subject_id=SUBJECT, cause="just now", now=NOW)
                return definitions.Wait(for_="the post")
            return definitions.Go()

        looks: list[int] = []
        register(definitions.Definition("tests.parcel", 1, [definitions.Step("look", do=look)]))

        assert drive(begin()).state == State.COMPLETED
        assert len(looks) == 2

    def test_ends_in_attention_at_the_deadline(self, script):
        script.tell("pack", "wait")
        run = drive(begin())

        run = drive(run, after=timedelta(days=30))

        assert run.state == State.NEEDS_ATTENTION
        assert "not ended" in run.error
        assert script.calls == ["check", "pack"]


class TestResume:
    def test_of_what_has_ended_is_nothing(self, script):
        run = drive(begin())

        assert not engine.resume(name="tests.parcel", subject_id=SUBJECT, cause="late", now=NOW)
        assert SagaRun.objects.get().epoch == run.epoch

    def test_of_an_unknown_subject_is_nothing(self, script):
        assert not engine.resume(name="tests.parcel", subject_id=uuid4(), cause="?", now=NOW)

    def test_nudges_once_for_a_transaction(self, script, django_capture_on_commit_callbacks):
        begin()

        with django_capture_on_commit_callbacks() as callbacks:
            for _ in range(3):
                engine.resume(name="tests.parcel", subject_id=SUBJECT, cause="post", now=NOW)

        assert len(callbacks) == 1


class TestStartAgain:
    def test_begins_afresh_with_what_the_ended_one_knew(self, script):
        ended = engine.drive(begin(weight=3).id, now=NOW)

        again = engine.start_again(run_id=ended.id, now=NOW)

        assert again is not None
        run = engine.drive(again.id, now=NOW)
        assert (run.name, run.state, run.data["weight"]) == ("tests.parcel", State.COMPLETED, 3)
        assert script.calls == ["check", "pack", "ship", "tell"] * 2
        assert len(entries(ended)) == 4

    def test_is_refused_a_second_time_and_while_it_runs(self, script):
        running = begin()
        assert engine.start_again(run_id=running.id, now=NOW) is None
        again = engine.start_again(run_id=engine.drive(running.id, now=NOW).id, now=NOW)
        assert again is not None
        engine.drive(again.id, now=NOW)

        assert engine.start_again(run_id=again.id, now=NOW) is None
        assert engine.start_again(run_id=running.id, now=NOW) is None

        assert SagaRun.objects.count() == 2


class TestDone:
    def test_ends_early(self, script):
        script.tell("pack", "done")

        run = drive(begin())

        assert (run.state, run.outcome) == (State.COMPLETED, "enough")
        assert script.calls == ["check", "pack"]


class TestUndo:
    def test_undoes_last_first(self, script):
        script.tell("tell", "undo")

        run = drive(begin())

        assert (run.state, run.outcome) == (State.COMPENSATED, "can't be done")
        assert script.calls == ["check", "pack", "ship", "tell", "unship", "unpack"]
        assert entries(run)[3:] == [
            ("tell", "do", "turned"),
            ("ship", "undo", "undone"),
            ("pack", "undo", "undone"),
        ]

    def test_with_nothing_to_undo_is_the_end(self, script):
        script.tell("check", "undo")

        run = drive(begin())

        assert (run.state, run.finished_at) == (State.COMPENSATED, NOW)
        assert script.calls == ["check"]

    def test_that_waits_is_taken_up_again(self, script):
        script.tell("tell", "undo")
        script.tell("unship", "wait", "go")

        run = drive(begin())
        assert (run.state, run.step) == (State.COMPENSATING, "ship")

        engine.resume(name="tests.parcel", subject_id=SUBJECT, cause="returned", now=NOW)
        assert drive(run).state == State.COMPENSATED
        assert script.calls[-3:] == ["unship", "unship", "unpack"]

    def test_that_fails_is_tried_for_three_days_and_then_shown(self, script):
        script.tell("tell", "undo")
        script.tell("unship", *["boom"] * 99)
        run, moment, tries = begin(), NOW, 0

        while (run := engine.drive(run.id, now=moment)).state == State.COMPENSATING:
            tries, moment = tries + 1, run.due_at

        assert run.state == State.NEEDS_ATTENTION
        assert tries >= 8
        assert moment - NOW >= timedelta(hours=72)
        assert "unpack" not in script.calls


class TestFailure:
    def test_is_tried_again_later(self, script):
        script.tell("pack", "boom", "go")

        run = drive(begin())
        assert (run.state, run.step, run.attempts) == (State.RUNNING, "pack", 1)
        assert (run.error, run.leased_until) == ("RuntimeError: boom", None)
        assert NOW < run.due_at < NOW + timedelta(seconds=10)

        run = drive(run, after=LATER)
        assert (run.state, run.error, run.attempts) == (State.COMPLETED, "", 0)

    def test_ends_in_attention_after_its_tries(self, script):
        script.tell("pack", *["boom"] * 99)
        run = begin()

        for day in range(20):
            drive(run, after=day * LATER)

        run.refresh_from_db()
        assert (run.state, run.attempts) == (State.NEEDS_ATTENTION, 8)
        assert script.calls.count("pack") == 8
        assert script.calls.count("unpack") == 0

    def test_of_something_that_is_down_is_tried_for_three_days(self, script):
        script.tell("pack", *["down"] * 99)
        run, moment, tries = begin(), NOW, 0

        while (run := engine.drive(run.id, now=moment)).state == State.RUNNING:
            tries, moment = tries + 1, run.due_at

        assert run.state == State.NEEDS_ATTENTION
        assert run.attempts == 0
        assert tries >= 8
        assert moment - NOW >= timedelta(hours=72)

    def test_without_a_direction_counts(self, script):
        script.tell("pack", "nothing")

        run = drive(begin())

        assert run.error.startswith("NoDirection")
        assert run.attempts == 1

    def test_of_data_that_cannot_be_kept_counts(self, script):
        register(
            definitions.Definition(
                "tests.parcel",
                1,
                [definitions.Step("odd", do=lambda run: definitions.Go(what=object()))],
            )
        )

        run = drive(begin())

        assert run.error.startswith("TypeError")
        assert run.data == {}

    def test_that_a_step_is_sure_of_is_shown_at_once(self, script):
        script.tell("ship", "fail")

        run = drive(begin())

        assert (run.state, run.error) == (State.NEEDS_ATTENTION, "look at this")
        assert script.calls == ["check", "pack", "ship"]


class TestVersion:
    def test_is_honoured_to_the_end(self, script):
        script.tell("pack", "wait", "go")
        run = drive(begin())
        shorter = definitions.Definition("tests.parcel", 2, [script.step("check")])
        definitions.register(shorter)

        engine.resume(name="tests.parcel", subject_id=SUBJECT, cause="post", now=NOW)

        assert drive(run).state == State.COMPLETED
        assert script.calls == ["check", "pack", "pack", "ship", "tell"]

    def test_that_is_unknown_needs_attention(self, script):
        script.tell("pack", "wait")
        run = drive(begin())
        register(parcel(script, version=2))
        engine.resume(name="tests.parcel", subject_id=SUBJECT, cause="post", now=NOW)

        run = drive(run)

        assert run.state == State.NEEDS_ATTENTION
        assert "tests.parcel v1" in run.error
        assert script.calls == ["check", "pack"]

    def test_without_the_step_where_it_stands_needs_attention(self, script):
        run = begin()
        SagaRun.objects.update(step="weigh")

        assert "no step weigh" in drive(run).error

    def test_of_a_saga_that_is_gone_needs_attention(self, script):
        run = begin()
        forget("tests.parcel")

        assert drive(run).state == State.NEEDS_ATTENTION


class TestLease:
    def test_keeps_others_out_until_it_runs_out(self, script):
        run = begin()
        assert SagaRun.objects.take_lease(run.id, now=NOW)

        assert SagaRun.objects.take_lease(run.id, now=NOW) is None
        assert taken(run, NOW + LEASE).epoch == 2

    def test_makes_the_loser_return_at_once(self, script):
        run = begin()
        SagaRun.objects.take_lease(run.id, now=NOW)

        assert drive(run).state == State.RUNNING
        assert script.calls == []

    def test_that_was_slept_through_writes_nothing(self, script):
        run = begin()
        slept = taken(run, NOW)
        drive(run, after=LEASE)
        before = entries(run)

        with pytest.raises(LeaseLost):
            Walk(slept, lambda: NOW + LEASE, None).go()

        assert entries(run) == before
        assert SagaRun.objects.get().state == State.COMPLETED

    def test_that_was_slept_through_would_write_without_the_fence(self, script, monkeypatch):
        run = begin()
        slept = taken(run, NOW)
        drive(run, after=LEASE)
        monkeypatch.setattr(statements, "GUARD", "")

        with pytest.raises(IntegrityError, match="sagas_"), transaction.atomic():
            Walk(slept, lambda: NOW + LEASE, None).go()


class TestHandOverDue:
    def test_hands_each_run_out_once_a_minute(self, script):
        run = engine.start(
            name="tests.parcel", subject_id=SUBJECT, data={}, now=NOW, in_background=True
        )

        assert SagaRun.objects.hand_over_due(now=NOW, limit=9) == [run.id]
        assert SagaRun.objects.hand_over_due(now=NOW, limit=9) == []
        assert SagaRun.objects.hand_over_due(now=NOW + timedelta(minutes=1), limit=9) == [run.id]

    def test_passes_over_what_is_driven_or_ended(self, script):
        run = begin()
        SagaRun.objects.take_lease(run.id, now=NOW)

        assert SagaRun.objects.hand_over_due(now=NOW + LEASE / 2, limit=9) == []
        assert SagaRun.objects.hand_over_due(now=NOW + LEASE, limit=9) == [run.id]
        drive(run, after=LEASE)
        assert SagaRun.objects.hand_over_due(now=NOW + LATER, limit=9) == []
