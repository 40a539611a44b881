"""A real process, killed between a step and its log: whoever comes next ends the saga, each effect once."""

import os
import signal
import sys
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from core.sagas import engine
from core.sagas.models import LEASE, SagaRun
from core.sagas.states import State
from tests.core.sagas.journeys import NOW, SUBJECT, Script, begin, entries

pytestmark = pytest.mark.django_db(transaction=True)


def drive_elsewhere(run: SagaRun, crash: str, folder: str) -> int:
    """Drive the run in a process of its own, with that crash point armed; how the process ended."""
    wrapper: Any = connection
    wrapper.close()
    wrapper.close_pool()
    process = os.fork()
    if process == 0:
        try:
            os.environ |= {"CRASH_POINTS": crash, "CRASH_DIR": folder}
            engine.drive(run.id, now=NOW)
        finally:
            sys.stderr.flush()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def advance_to(step: str, script: Script) -> SagaRun:
    """A run that stands at this step and is due."""
    script.tell(step, "wait")
    run = engine.drive(begin().id, now=NOW)
    if not run.is_open() or run.step != step:
        raise AssertionError(f"the run stands at {run.step}")
    engine.resume(name=run.name, subject_id=SUBJECT, cause="the test", now=NOW)
    return run


@pytest.mark.parametrize("step", ["check", "pack", "ship", "tell"])
def test_between_a_step_and_its_log(script, tmp_path, step):
    run = advance_to(step, script)

    assert drive_elsewhere(run, "CP11:kill", str(tmp_path)) == -signal.SIGKILL

    assert SagaRun.objects.get().step == step
    assert Group.objects.filter(name=f"{step} {SUBJECT}").exists()
    assert engine.drive(run.id, now=NOW).is_open(), "the dead driver's lease still holds"
    assert engine.drive(run.id, now=NOW + LEASE).state == State.COMPLETED
    assert [entry for entry in entries(run) if entry[2] == "went"] == [
        (name, "do", "went") for name in ("check", "pack", "ship", "tell")
    ]
    assert Group.objects.filter(name__endswith=str(SUBJECT)).count() == 4


@pytest.mark.parametrize("kills", [1, 2])
def test_in_the_middle_of_undoing(script, tmp_path, kills):
    """CP12, once after the first undo and once more after the second."""
    run = advance_to("tell", script)
    script.tell("tell", "undo")
    for kill in range(kills):
        folder = tmp_path / str(kill)
        folder.mkdir()
        assert drive_elsewhere(run, "CP12:kill", str(folder)) == -signal.SIGKILL
        SagaRun.objects.update(leased_until=None)

    run = engine.drive(run.id, now=NOW + LEASE)

    assert run.state == State.COMPENSATED
    assert entries(run)[-3:] == [
        ("tell", "do", "turned"),
        ("ship", "undo", "undone"),
        ("pack", "undo", "undone"),
    ]
