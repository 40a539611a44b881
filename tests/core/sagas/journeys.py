"""A saga for the tests: pack, ship (the pivot), tell. Each step's result can be scripted; each call is written down."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group

from core.errors import Unavailable
from core.sagas import definition as definitions
from core.sagas import engine
from core.sagas.definition import Definition, Done, Fail, Go, Step, Undo, Wait
from core.sagas.models import SagaRun, SagaStepLog

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SUBJECT = UUID("01900000-0000-7000-8000-000000000001")


def boom() -> Go:
    raise RuntimeError("boom")


def down() -> Go:
    raise Unavailable


RESULTS: dict[str, Callable[[], Any]] = {
    "go": Go,
    "wait": lambda: Wait(for_="the post"),
    "done": lambda: Done("enough"),
    "undo": lambda: Undo("can't be done"),
    "fail": lambda: Fail("look at this"),
    "boom": boom,
    "down": down,
    "nothing": lambda: None,
}


class Script:
    """What each step answers, call by call; "go" when nothing is written. `calls` is what was called."""

    def __init__(self) -> None:
        self.answers: dict[str, list[str]] = {}
        self.calls: list[str] = []

    def tell(self, call: str, *answers: str) -> None:
        self.answers[call] = list(answers)

    def step(self, name: str, *, undoable: bool = True, **options: Any) -> Step:
        undo = self._player(f"un{name}") if undoable else None
        return Step(name, do=self._player(name), undo=undo, **options)

    def _player(self, call: str) -> Callable[[Any], Any]:
        def play(run: Any) -> Any:
            self.calls.append(call)
            Group.objects.get_or_create(name=f"{call} {run.subject_id}")
            answers = self.answers.get(call)
            return RESULTS[answers.pop(0) if answers else "go"]()

        return play


def parcel(script: Script, *, version: int = 1) -> Definition:
    return Definition(
        name="tests.parcel",
        version=version,
        steps=[
            script.step("check", undoable=False),
            script.step("pack"),
            script.step("ship", pivot=True),
            script.step("tell", undoable=False),
        ],
    )


def register(definition: Definition) -> None:
    forget(definition.name)
    definitions.register(definition)


def forget(name: str) -> None:
    definitions._definitions.pop(name, None)


def begin(**data: Any) -> SagaRun:
    return engine.start(name="tests.parcel", subject_id=SUBJECT, data=data, now=NOW)


def entries(run: SagaRun) -> list[tuple[str, str, str]]:
    rows = SagaStepLog.objects.filter(run=run).order_by("epoch")
    return [(row.step, row.direction, row.outcome) for row in rows]
