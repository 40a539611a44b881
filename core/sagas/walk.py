"""One driver's walk through one run under one lease: do or undo a step, write where that leads, and so on.

The walk ends when the run ends, parks, or may not go on here. Every write is fenced by the epoch.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import Any

import structlog

from core.crashpoints import crash_point
from core.errors import Unavailable
from core.sagas import definition as definitions
from core.sagas import metrics, states
from core.sagas.definition import Done, Fail, Go, Run, Step, Undo, Wait
from core.sagas.models import LEASE, Direction, Outcome, SagaRun, SagaStepLog
from core.sagas.states import Action, State
from core.tracing import spans

DATA_BYTES_MAX = 32_768
ERROR_LENGTH_MAX = 2000
OUTCOME_LENGTH_MAX = 200

Result = Go | Wait | Done | Undo | Fail
FORWARD = (Go, Wait, Done, Undo, Fail)
BACK = (Go, Wait, Fail)

log = structlog.get_logger(__name__)


class LeaseLost(RuntimeError):
    """Another driver has taken over; nothing more is written here."""


class NoDirection(TypeError):
    """A step did not say where to go."""


class Walk:
    """The run, its definition, and the clock of this drive."""

    def __init__(
        self, run: SagaRun, told_time: Callable[[], datetime], until: float | None
    ) -> None:
        self.run = run
        self.told_time = told_time
        self.until = until
        self.walking = True
        self.began = time.monotonic()
        self.log = log.bind(saga=run.name, run=str(run.id), subject=str(run.subject_id))

    def go(self) -> None:
        definition = definitions.find(self.run.name, self.run.version)
        step = definition.step(self.run.step) if definition else None
        if definition is None or step is None:
            return self._give_up(self._unknown())
        if self.told_time() >= self.run.deadline_at:
            return self._give_up(f"It has not ended by {self.run.deadline_at:%Y-%m-%d %H:%M} UTC.")
        self.definition, self.step = definition, step
        while self.walking:
            self._one(self.step)
            if self.walking and self.until is not None and time.monotonic() >= self.until:
                self.walking = False
                self._write(None, leased_until=None, due_at=self.told_time())
        return None

    def _one(self, step: Step) -> None:
        """Run the step in the run's direction, and go where it says."""
        self.began = time.monotonic()
        forward = self.run.direction == Direction.DO
        try:
            with spans.span(f"{self.run.name} {step.name}{'' if forward else ' undo'}"):
                act = step.do if forward else step.undo or _nothing
                result = self._checked(act(self._seen()))
        except Exception as error:
            return self._failed(step, error)
        crash_point("CP11" if forward else "CP12")
        data = {**self.run.data, **result.data}
        return self._forward(step, result, data) if forward else self._back(step, result, data)

    def _forward(self, step: Step, result: Result, data: dict[str, Any]) -> None:
        following = self.definition.after(step)
        match result:
            case Wait():
                self._park(step, result, data)
            case Done():
                self._finish(step, Outcome.ENDED, Action.COMPLETE, data, result.outcome)
            case Undo():
                self._turn(step, result, data)
            case Fail():
                self._give_up(result.reason, step, data)
            case Go() if following:
                self._proceed(step, Outcome.WENT, following, data)
            case Go():
                self._finish(step, Outcome.WENT, Action.COMPLETE, data, "")

    def _back(self, step: Step, result: Result, data: dict[str, Any]) -> None:
        remaining = self.definition.to_undo_before(step)
        match result:
            case Wait():
                self._park(step, result, data)
            case Fail():
                self._give_up(result.reason, step, data)
            case Go() if remaining:
                self._proceed(step, Outcome.UNDONE, remaining[0], data)
            case Go():
                self._finish(step, Outcome.UNDONE, Action.UNDO_ENDED, data, self.run.outcome)

    def _proceed(self, step: Step, outcome: Outcome, following: Step, data: dict[str, Any]) -> None:
        self._write(
            self._entry(step, outcome),
            **self._afresh(),
            step=following.name,
            data=data,
            leased_until=self.told_time() + LEASE,
        )
        self.step = following

    def _park(self, step: Step, wait: Wait, data: dict[str, Any]) -> None:
        self.walking = False
        until = wait.until or self.run.deadline_at
        self._write(
            self._entry(step, Outcome.WAITED),
            **self._afresh(waiting_for=wait.for_),
            state=states.after(self.run.state, Action.WAIT),
            data=data,
            leased_until=None,
            due_at=min(until, self.run.deadline_at),
        )

    def _turn(self, step: Step, undo: Undo, data: dict[str, Any]) -> None:
        """Begin to undo; with nothing to undo that is the end."""
        remaining = self.definition.to_undo_before(step)
        state = states.after(self.run.state, Action.UNDO)
        reason = undo.reason[:OUTCOME_LENGTH_MAX]
        if not remaining:
            self.run.state = state
            return self._finish(step, Outcome.TURNED, Action.UNDO_ENDED, data, reason)
        self._write(
            self._entry(step, Outcome.TURNED),
            **self._afresh(),
            state=state,
            direction=Direction.UNDO,
            step=remaining[0].name,
            data=data,
            outcome=reason,
            leased_until=self.told_time() + LEASE,
        )
        self.step = remaining[0]
        return None

    def _finish(
        self, step: Step, outcome: Outcome, action: Action, data: dict[str, Any], words: str
    ) -> None:
        self.walking = False
        self._write(
            self._entry(step, outcome),
            **self._afresh(),
            state=states.after(self.run.state, action),
            data=data,
            outcome=words[:OUTCOME_LENGTH_MAX],
            leased_until=None,
            finished_at=self.told_time(),
        )
        self.log.info("saga_ended", state=self.run.state, outcome=self.run.outcome)

    def _failed(self, step: Step, error: Exception) -> None:
        """Try again later, or leave it to a person when the limit is reached."""
        self.walking = False
        now = self.told_time()
        outage = isinstance(error, Unavailable)
        changes: dict[str, Any] = {
            "attempts": self.run.attempts + (not outage),
            "outages": self.run.outages + outage,
            "failing_since": self.run.failing_since or now,
            "error": f"{type(error).__name__}: {error}"[:ERROR_LENGTH_MAX],
            "leased_until": None,
        }
        entry = self._entry(step, Outcome.UNAVAILABLE if outage else Outcome.FAILED)
        entry.error = changes["error"]
        forward = self.run.direction == Direction.DO
        limit = step.attempts if forward else definitions.UNDO_ATTEMPTS
        patience_ends = changes["failing_since"] + definitions.OUTAGE_PATIENCE
        if changes["attempts"] >= limit or (outage and now >= patience_ends):
            changes["state"] = states.after(self.run.state, Action.GIVE_UP)
        else:
            backoff = step.backoff if forward else definitions.UNDO_BACKOFF
            changes["due_at"] = now + backoff.after(changes["attempts"] + changes["outages"])
        self._write(entry, **changes)
        self._tell_failure(step, error)

    def _tell_failure(self, step: Step, error: Exception) -> None:
        """The log says only what kind of error it was, since errors can quote people; the row keeps the rest."""
        facts = {"step": step.name, "error": type(error).__name__, "direction": self.run.direction}
        if self.run.state == State.NEEDS_ATTENTION:
            self.log.error("saga_needs_attention", **facts)
        else:
            self.log.warning("saga_step_failed", **facts, tries=self.run.attempts)

    def _give_up(
        self, reason: str, step: Step | None = None, data: dict[str, Any] | None = None
    ) -> None:
        """A person must look; loudly."""
        self.walking = False
        entry = self._entry(step or Step(self.run.step, do=_nothing), Outcome.FAILED)
        entry.error = reason[:ERROR_LENGTH_MAX]
        self._write(
            entry,
            state=states.after(self.run.state, Action.GIVE_UP),
            data=self.run.data if data is None else data,
            error=entry.error,
            leased_until=None,
        )
        self.log.error("saga_needs_attention", step=entry.step, reason=entry.error)

    def _unknown(self) -> str:
        return (
            f"This code has no step {self.run.step} of {self.run.name} v{self.run.version}; "
            "the version that began it must end it."
        )

    def _seen(self) -> Run:
        return Run(
            id=self.run.id,
            subject_id=self.run.subject_id,
            data=MappingProxyType(self.run.data),
            epoch=self.run.epoch,
            attempt=self.run.attempts + self.run.outages + 1,
            now=self.told_time(),
            log=self.log,
        )

    def _checked(self, result: Any) -> Result:
        """Results are kept as JSON, so what can't be kept counts as the step's failure."""
        allowed = FORWARD if self.run.direction == Direction.DO else BACK
        if not isinstance(result, allowed):
            raise NoDirection(f"a step ended in {type(result).__name__}")
        if len(json.dumps({**self.run.data, **result.data})) > DATA_BYTES_MAX:
            raise ValueError(f"more than {DATA_BYTES_MAX} bytes of data")
        return result

    def _afresh(self, waiting_for: str = "") -> dict[str, Any]:
        """What a result clears: the failures before it, and what was waited for."""
        return {
            "attempts": 0,
            "outages": 0,
            "failing_since": None,
            "error": "",
            "waiting_for": waiting_for[:OUTCOME_LENGTH_MAX],
        }

    def _entry(self, step: Step, outcome: Outcome) -> SagaStepLog:
        duration_ms = round((time.monotonic() - self.began) * 1000)
        metrics.step(self.run, step.name, outcome, duration_ms)
        return SagaStepLog(
            step=step.name,
            direction=self.run.direction,
            outcome=outcome,
            attempt=self.run.attempts + self.run.outages + 1,
            at=self.told_time(),
            duration_ms=duration_ms,
        )

    def _write(self, entry: SagaStepLog | None, **changes: Any) -> None:
        if not self.run.move(entry, now=self.told_time(), **changes):
            raise LeaseLost


def _nothing(_run: Run) -> Go:
    return Go()
