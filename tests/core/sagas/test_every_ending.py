"""After every prefix of steps and with every outcome, forward and back, a saga ends well, undone, or with a person."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import product

import pytest

from core.sagas import engine
from core.sagas.models import SagaRun, SagaStepLog
from core.sagas.states import FINISHED, State
from tests.core.sagas.journeys import NOW, RESULTS, SUBJECT, Script, begin, parcel

pytestmark = pytest.mark.django_db
STEPS = ["check", "pack", "ship", "tell"]
UNDOABLE = ["pack", "ship"]
FORWARD = sorted(RESULTS)
BACK = ["go", "wait", "boom", "down", "fail", "nothing"]


@pytest.mark.parametrize(("step", "outcome"), list(product(STEPS, FORWARD)))
def test_once(script, step, outcome):
    """The step ends so once and then well."""
    script.tell(step, outcome)

    run, _ = _drive_to_the_end()

    _check(run, script)
    assert (run.state == State.NEEDS_ATTENTION) == (outcome == "fail")
    assert (run.state == State.COMPENSATED) == (outcome == "undo")


@pytest.mark.parametrize(
    ("step", "outcome"), list(product(STEPS, ["boom", "down", "nothing", "wait"]))
)
def test_for_ever(script, step, outcome):
    """The step never ends otherwise: a person gets it, in bounded time and with bounded tries."""
    script.tell(step, *[outcome] * 500)

    run, drives = _drive_to_the_end()

    _check(run, script)
    assert run.state == State.NEEDS_ATTENTION
    assert drives < 40


@pytest.mark.parametrize(("turn", "step", "outcome"), list(product(STEPS, UNDOABLE, BACK)))
@pytest.mark.parametrize("times", [1, 500])
def test_on_the_way_back(script, turn, step, outcome, times):
    script.tell(turn, "undo")
    script.tell(f"un{step}", *[outcome] * times)

    run, drives = _drive_to_the_end()

    _check(run, script)
    if f"un{step}" not in script.calls:
        assert run.state == State.COMPENSATED
    assert drives < 40


def _drive_to_the_end() -> tuple[SagaRun, int]:
    """As sweep and time would: again at each due moment, resumed every 20 days at the latest."""
    run = begin()
    now: datetime = NOW
    drives = 0
    while True:
        run, drives = engine.drive(run.id, now=now), drives + 1
        if not run.is_open():
            return run, drives
        assert run.leased_until is None
        assert run.due_at >= now
        if run.due_at - now > timedelta(days=20):
            now += timedelta(days=20)
            engine.resume(name=run.name, subject_id=SUBJECT, cause="the test", now=now)
        else:
            now = run.due_at


def _check(run: SagaRun, script: Script) -> None:
    """INV-33 and INV-34, over the log and over what was really called."""
    assert run.state in {*FINISHED, State.NEEDS_ATTENTION}
    assert (run.state == State.NEEDS_ATTENTION) == bool(run.error)
    rows = list(SagaStepLog.objects.filter(run=run).order_by("epoch"))
    went = [row.step for row in rows if row.direction == "do" and row.outcome in ("went", "ended")]
    undone = [row.step for row in rows if row.outcome == "undone"]
    assert went == STEPS[: len(went)]
    assert (
        max(
            Counter(
                (row.step, row.outcome) for row in rows if row.outcome in ("went", "undone")
            ).values(),
            default=1,
        )
        == 1
    )
    compensable = [step.name for step in parcel(script).steps if step.undo and step.name in went]
    expected = list(reversed(compensable))
    assert undone == expected[: len(undone)]
    if run.state == State.COMPENSATED:
        assert undone == expected
    if run.state == State.COMPLETED:
        assert not undone
    tried_back = [call[2:] for call in script.calls if call.startswith("un")]
    assert list(dict.fromkeys(tried_back)) == expected[: len(set(tried_back))]
