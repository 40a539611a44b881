"""A run as staff see it: each step of its definition with what became of it. Pure; reads only what it is given."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core import formats
from core.sagas.definition import Definition
from core.sagas.models import Direction, Outcome, SagaRun, SagaStepLog
from core.sagas.states import FINISHED, State

DONE_OUTCOMES = (Outcome.WENT, Outcome.ENDED)


@dataclass(frozen=True)
class Stage:
    """One step: its words, where it stands ("done", "now", "waiting", "failed", "undone", "ahead", "skipped")."""

    title: str
    standing: str
    tries: int
    error: str
    at: datetime | None

    @property
    def words(self) -> str:
        return WORDS[self.standing]

    @property
    def tries_said(self) -> str:
        """Nothing for a step that did it at once."""
        return formats.counted(self.tries, "try", "tries") if self.tries > 1 or self.error else ""

    @property
    def tone(self) -> str:
        return TONES[self.standing]


WORDS = {
    "done": "Done",
    "now": "Under way",
    "waiting": "Waiting",
    "failed": "Needs attention",
    "undone": "Undone",
    "ahead": "Not yet",
    "skipped": "Not needed",
}
TONES = {
    "done": "ok",
    "now": "info",
    "waiting": "warn",
    "failed": "bad",
    "undone": "warn",
    "ahead": "",
    "skipped": "",
}


def stages(
    run: SagaRun, definition: Definition | None, log: Iterable[SagaStepLog]
) -> Sequence[Stage]:
    """In the order of the definition; of a definition that this code does not have, only the present step."""
    rows = sorted(log, key=lambda row: row.epoch)
    steps = [(step.name, step.words) for step in definition.steps] if definition else []
    return [_stage(run, name, words, rows) for name, words in steps or [(run.step, run.step)]]


def _stage(run: SagaRun, name: str, words: str, log: Sequence[SagaStepLog]) -> Stage:
    rows = [row for row in log if row.step == name]
    errors = [row.error for row in rows if row.outcome in (Outcome.FAILED, Outcome.UNAVAILABLE)]
    here = name == run.step and run.state not in FINISHED
    return Stage(
        title=words,
        standing=_standing(run, rows, here=here),
        tries=len([row for row in rows if row.outcome not in (Outcome.WAITED, Outcome.ASSUMED)]),
        error=(run.error if here else "") or (errors[-1] if errors else ""),
        at=rows[-1].at if rows else None,
    )


def _standing(run: SagaRun, rows: Sequence[SagaStepLog], *, here: bool) -> str:
    outcomes = {row.outcome for row in rows}
    if Outcome.UNDONE in outcomes:
        return "undone"
    if here:
        return _standing_here(run)
    if outcomes & set(DONE_OUTCOMES):
        return "done"
    if Outcome.TURNED in outcomes:
        return "failed"
    over = run.state in FINISHED or run.direction == Direction.UNDO
    return "skipped" if over else "ahead"


def _standing_here(run: SagaRun) -> str:
    if run.state == State.NEEDS_ATTENTION:
        return "failed"
    return "waiting" if run.state == State.WAITING else "now"
