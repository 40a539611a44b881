"""Starts sagas, wakes them, and drives them step by step.

The driver takes the lease in one statement, runs each step with no transaction open, and writes where that led in
one statement more, which also prolongs the lease. Killed between the two, the step is run again by whoever comes
next: steps are made so that twice is as once.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from core import clock, nudges
from core.database.transactions import refuse_inside_transaction
from core.sagas import definition as definitions
from core.sagas.models import SagaRun
from core.sagas.states import FINISHED
from core.sagas.walk import LeaseLost, Walk
from core.tracing import propagation, spans

DRIVE_TASK = "core.sagas.tasks.drive"
CALLER_FIRST = timedelta(seconds=15)
LEASES_PER_DRIVE = 5
ENDED_EARLY = " (ended early)"

log = structlog.get_logger(__name__)


def start(
    *,
    name: str,
    subject_id: UUID,
    data: dict[str, Any],
    now: datetime,
    in_background: bool = False,
    leased: bool = False,
) -> SagaRun:
    """The saga of this name for this subject, begun in the caller's transaction; the one there is, if there is one.

    The caller drives it after commit; should the caller die, the sweep takes over after 15 s. `in_background`
    leaves it to a worker from the beginning. With `leased` the caller holds the lease of what it has begun: it
    hands the run to `drive` as `begun`.
    """
    definition = definitions.newest(name)
    caller_until = None if in_background else now + CALLER_FIRST
    run = SagaRun(
        name=name,
        version=definition.version,
        subject_id=subject_id,
        trace=propagation.current_context(),
        started_at=now,
        deadline_at=now + definition.deadline,
        step=definition.steps[0].name,
        data=data,
        changed_at=now,
        due_at=now,
        epoch=1 if leased else 0,
        leased_until=caller_until if leased else None,
        handed_until=None if leased else caller_until,
    )
    if not SagaRun.objects.insert_once(run):
        return SagaRun.objects.get(name=name, subject_id=subject_id)
    run.lease_in_hand = leased
    if in_background:
        nudges.on_commit(DRIVE_TASK, run_id=str(run.id))
    return run


@transaction.atomic
def start_again(*, run_id: UUID, now: datetime) -> SagaRun | None:
    """A new run, from the first step and with what the ended one knew, for a subject whose work has not ended.

    The ended one keeps its log under a name of its own, which there is once: None when it has not ended, or has
    been begun again before.
    """
    ended = SagaRun.objects.select_for_update().get(id=run_id)
    name, kept_as = ended.name, f"{ended.name}{ENDED_EARLY}"
    earlier = SagaRun.objects.filter(subject_id=ended.subject_id, name=kept_as)
    if ended.state not in FINISHED or name.endswith(ENDED_EARLY) or earlier.exists():
        return None
    ended.name = kept_as
    ended.save(update_fields=["name"])
    log.warning("saga_begun_again", saga=name, ended=str(ended.id))
    return start(
        name=name, subject_id=ended.subject_id, data=ended.data, now=now, in_background=True
    )


def drive(
    run_id: UUID,
    *,
    begun: SagaRun | None = None,
    now: datetime | None = None,
    deadline_s: float | None = None,
) -> SagaRun:
    """Walk the run as far as it goes, and return it as it stands then. `begun`: as it was started, leased.

    Returns at once when it is not due or somebody else drives it. After `deadline_s` no further step is begun here
    and a worker goes on.
    """
    refuse_inside_transaction("sagas.engine.drive")
    until = None if deadline_s is None else time.monotonic() + deadline_s
    told_time: Callable[[], datetime] = clock.now if now is None else lambda: now
    run = None
    for _ in range(LEASES_PER_DRIVE):
        taken = _lease_in_hand(begun) or SagaRun.objects.take_lease(run_id, now=told_time())
        if taken is None:
            break
        run = _walk(taken, told_time, until)
        if run is None or not run.is_open() or run.due_at > told_time():
            break
        if until is not None and time.monotonic() >= until:
            nudges.send(DRIVE_TASK, run_id=str(run_id))
            break
    return run or SagaRun.objects.get(id=run_id)


def resume(
    *,
    name: str,
    subject_id: UUID,
    cause: str,
    now: datetime | None = None,
    in_background: bool = True,
) -> bool:
    """Make the run due since something that it may wait for has happened; False when it is over or unknown.

    A step that is running meanwhile is run once more before the saga waits again. Without `in_background` the
    caller drives it.
    """
    moment = now or clock.now()
    handed_until = None if in_background else moment + CALLER_FIRST
    run_ids = SagaRun.objects.signal(
        name=name, subject_id=subject_id, now=moment, handed_until=handed_until
    )
    for run_id in run_ids:
        log.info("saga_resumed", saga=name, run=str(run_id), cause=cause)
        if in_background:
            nudges.on_commit(DRIVE_TASK, run_id=str(run_id))
    return bool(run_ids)


def hand_over_due(*, now: datetime, limit: int = 100) -> int:
    """Hand each due run to a worker, one task each; a run whose task was lost is handed out again a minute later."""
    run_ids = SagaRun.objects.hand_over_due(now=now, limit=limit)
    for run_id in run_ids:
        nudges.send(DRIVE_TASK, run_id=str(run_id))
    return len(run_ids)


def _lease_in_hand(begun: SagaRun | None) -> SagaRun | None:
    """The run that was started with its lease, for one walk."""
    if begun is None or not begun.lease_in_hand:
        return None
    begun.lease_in_hand = False
    return begun


def _walk(run: SagaRun, told_time: Callable[[], datetime], until: float | None) -> SagaRun | None:
    with spans.continued(run.trace, f"saga {run.name}", attributes=_facts_of(run)):
        try:
            Walk(run, told_time, until).go()
        except LeaseLost:
            log.warning("saga_lease_lost", saga=run.name, run=str(run.id), epoch=run.epoch)
            return None
    return run


def _facts_of(run: SagaRun) -> dict[str, str | int]:
    return {
        "rft.saga.run": str(run.id),
        "rft.saga.epoch": run.epoch,
        "rft.subject": str(run.subject_id),
    }
