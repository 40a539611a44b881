"""What staff can do about a saga that stands still: each with a reason, and each on record."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from core import nudges
from core.audit import services as audit
from core.errors import Conflict, Invalid, NotFound
from core.sagas import definition as definitions
from core.sagas import states
from core.sagas.definition import Definition, Step
from core.sagas.engine import DRIVE_TASK
from core.sagas.models import Direction, Outcome, SagaRun, SagaStepLog
from core.sagas.states import Action

Changes = dict[str, Any]


class RunNotFound(NotFound):
    code = "saga_not_found"
    detail = "There is no such journey."


class StepUnderWay(Conflict):
    code = "step_under_way"
    detail = "A step of this journey is running this moment. Look again in half a minute."


class NotPossible(Conflict):
    code = "saga_not_possible"
    detail = "This can’t be done in the journey’s present state."


class ReasonMissing(Invalid):
    code = "reason_missing"
    detail = "Say why: it is kept with the journey."


def retry_step(*, run_id: UUID, actor: str, reason: str = "", now: datetime) -> SagaRun:
    """Try the present step again, with all its tries before it, in the direction it was going."""

    def changes(run: SagaRun) -> tuple[Changes, SagaStepLog]:
        forward = run.direction == Direction.DO
        state = _after(run, Action.RETRY if forward else Action.RETRY_UNDO)
        entry = _entry(run, run.step, Outcome.RETRIED_BY_HAND, now)
        return {**_due(now, _definition(run)), "state": state}, entry

    return _intervene(
        changes, run_id=run_id, action="step_retried", actor=actor, reason=reason, now=now
    )


def undo_from_here(*, run_id: UUID, actor: str, reason: str, now: datetime) -> SagaRun:
    """Undo what has been done, last first, the present step included: it may have done its work unseen."""
    _need(reason)

    def changes(run: SagaRun) -> tuple[Changes, SagaStepLog]:
        plan = undo_plan(run)
        state = _after(run, Action.UNDO)
        if not plan:
            raise NotPossible("Nothing has been done yet that could be undone.")
        entry = _entry(run, run.step, Outcome.ASSUMED, now)
        changed = {"direction": Direction.UNDO, "step": plan[0].name, "outcome": reason[:200]}
        return {**_due(now, _definition(run)), "state": state, **changed}, entry

    return _intervene(
        changes, run_id=run_id, action="undone_from_here", actor=actor, reason=reason, now=now
    )


def mark_done_by_hand(*, run_id: UUID, actor: str, reason: str, now: datetime) -> SagaRun:
    """Close a journey that a person has finished outside; nothing more is done or undone.

    Refused with the definition's own words while its subject is unfinished.
    """
    _need(reason)

    def changes(run: SagaRun) -> tuple[Changes, SagaStepLog]:
        state = _after(run, Action.COMPLETE_BY_HAND)
        _refuse_unfinished(run)
        entry = _entry(run, run.step, Outcome.ENDED_BY_HAND, now)
        ended = {"state": state, "finished_at": now, "outcome": f"by hand: {reason}"[:200]}
        return ended, entry

    return _intervene(
        changes, run_id=run_id, action="marked_done_by_hand", actor=actor, reason=reason, now=now
    )


def undo_plan(run: SagaRun) -> list[Step]:
    """What `undo_from_here` would undo, in order; for the preview."""
    definition = _definition(run)
    step = definition.step(run.step)
    if step is None or run.direction == Direction.UNDO:
        raise NotPossible
    return definition.to_undo_from(step)


def _intervene(
    changes_for: Callable[[SagaRun], tuple[Changes, SagaStepLog]],
    *,
    run_id: UUID,
    action: str,
    actor: str,
    reason: str,
    now: datetime,
) -> SagaRun:
    """Lock the row, refuse what the table refuses, write row, log and audit together, and wake a worker."""
    with transaction.atomic():
        run = SagaRun.objects.select_for_update().filter(id=run_id).first()
        if run is None:
            raise RunNotFound
        if run.is_leased(now=now):
            raise StepUnderWay
        before = {"state": run.state, "step": run.step}
        changes, entry = changes_for(run)
        entry.error = f"{actor}: {reason}"[:2000]
        run.move(entry, now=now, leased_until=None, **changes)
        audit.record(
            subject=f"sagas.run:{run.id}",
            action=action,
            actor=actor,
            reason=reason,
            before=before,
            after={"state": run.state, "step": run.step},
            now=now,
        )
        if run.is_open():
            nudges.on_commit(DRIVE_TASK, run_id=str(run.id))
    return run


def _refuse_unfinished(run: SagaRun) -> None:
    definition = definitions.find(run.name, run.version)
    why = definition.unfinished(run.subject_id) if definition and definition.unfinished else ""
    if why:
        raise NotPossible(why)


def _definition(run: SagaRun) -> Definition:
    found = definitions.find(run.name, run.version)
    if found is None:
        raise NotPossible(f"This code does not know {run.name} v{run.version}.")
    return found


def _after(run: SagaRun, action: Action) -> str:
    try:
        return states.after(run.state, action)
    except states.TransitionRefused:
        raise NotPossible from None


def _due(now: datetime, definition: Definition) -> Changes:
    return {
        "due_at": now,
        "handed_until": None,
        "deadline_at": now + definition.deadline,
        "attempts": 0,
        "outages": 0,
        "failing_since": None,
        "error": "",
        "waiting_for": "",
    }


def _entry(run: SagaRun, step: str, outcome: Outcome, now: datetime) -> SagaStepLog:
    return SagaStepLog(
        step=step,
        direction=run.direction,
        outcome=outcome,
        attempt=run.attempts + run.outages,
        at=now,
    )


def _need(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing(fields={"reason": ["Say why."]})
