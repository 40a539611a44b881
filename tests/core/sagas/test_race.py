"""Many drivers of one run at once: each step once; and two in one step when the lease is switched off."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from core.sagas import definition as definitions
from core.sagas import engine, statements
from core.sagas.models import SagaRun
from core.sagas.states import State
from tests.core.sagas.journeys import NOW, begin, register

pytestmark = pytest.mark.django_db(transaction=True)
MEET_SECONDS_MAX = 10


def drive_at_once(run: SagaRun, drivers: int) -> list[str]:
    """The state that each driver saw, or the name of the error that it died of."""
    together = threading.Barrier(drivers)

    def drive() -> str:
        together.wait()
        try:
            return engine.drive(run.id, now=NOW).state
        except Exception as error:
            return type(error).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(drivers) as pool:
        return [each.result() for each in [pool.submit(drive) for _ in range(drivers)]]


def one_step(meet: Callable[[], object]) -> None:
    def hello(run: definitions.Run) -> definitions.Go:
        meet()
        return definitions.Go()

    register(definitions.Definition("tests.parcel", 1, [definitions.Step("hello", do=hello)]))


def test_eight_drivers_do_each_step_once(script):
    run = begin()

    seen = drive_at_once(run, 8)

    assert script.calls == ["check", "pack", "ship", "tell"]
    assert set(seen) <= {State.RUNNING, State.COMPLETED}
    assert SagaRun.objects.get().state == State.COMPLETED


def test_two_drivers_meet_in_one_step_without_the_lease(script, monkeypatch):
    """The step ends only when both are in it, so with the lease on it could not end at all."""
    free = "AND (leased_until IS NULL OR leased_until <= %(now)s)\n    RETURNING"
    assert free in statements.TAKE_LEASE
    monkeypatch.setattr(statements, "TAKE_LEASE", statements.TAKE_LEASE.replace(free, "RETURNING"))
    met = threading.Barrier(2)
    one_step(lambda: met.wait(MEET_SECONDS_MAX))

    drive_at_once(begin(), 2)

    assert not met.broken
