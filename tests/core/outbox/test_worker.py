"""With a real worker and a real broker: killed at any moment or flushed, each fact is told once."""

from datetime import timedelta

import pytest

from core import clock, nudges
from core.outbox.models import Delivery, State
from core.sagas import engine
from core.sagas.models import SagaRun
from core.sagas.states import State as SagaState
from tests.core.outbox.facts import effects, ring
from tests.core.sagas import journeys

pytestmark = pytest.mark.django_db(transaction=True)


def all_done() -> bool:
    return not Delivery.objects.exclude(state=State.DONE).exists()


def nothing_unacknowledged(broker) -> bool:
    return broker.hlen("unacked") == 0 and broker.llen("rft") == 0


def test_a_commit_alone_brings_the_effect(bell, worker, wait_until):
    worker.start()

    ring(1, 2)

    wait_until(all_done)
    assert [effects(1), effects(2)] == [1, 1]


@pytest.mark.parametrize("point", ["CP07", "CP08"])
def test_a_child_killed_in_the_task_is_replaced(bell, worker, broker, wait_until, tmp_path, point):
    """CP07: before the work; CP08: after the work, before the task is acknowledged."""
    worker.start(CRASH_POINTS=f"{point}:kill", CRASH_DIR=str(tmp_path))

    ring(1)

    wait_until(all_done)
    wait_until((tmp_path / point).exists)
    wait_until(lambda: nothing_unacknowledged(broker))
    assert effects(1) == 1


def test_a_worker_killed_in_the_task_is_followed_by_another(
    bell, worker, broker, wait_until, tmp_path
):
    """The whole worker dies at the task's start; another gets the same task from the broker."""
    gate = {"CRASH_POINTS": f"CP07:wait={tmp_path / 'never'}", "CRASH_DIR": str(tmp_path)}
    worker.start(WORKER_VISIBILITY="2", **gate)
    ring(1)
    wait_until((tmp_path / "CP07").exists)

    worker.kill()
    assert broker.hlen("unacked") == 1
    worker.start(WORKER_VISIBILITY="2", **gate)

    wait_until(all_done)
    assert effects(1) == 1


def test_a_worker_killed_between_effect_and_mark_leaves_neither(bell, worker, wait_until, tmp_path):
    gate = {"CRASH_POINTS": f"CP06:wait={tmp_path / 'never'}", "CRASH_DIR": str(tmp_path)}
    worker.start(**gate)
    ring(1)
    wait_until((tmp_path / "CP06").exists)

    worker.kill()
    assert effects(1) == 0
    assert Delivery.objects.get().state == State.SENDING
    Delivery.objects.update(due_at=clock.now())
    worker.start(**gate)
    nudges.send("core.outbox.tasks.sweep")

    wait_until(all_done)
    assert effects(1) == 1


def test_a_flushed_broker_loses_nothing(bell, script, worker, broker, wait_until):
    """Everything that the broker held is gone; the next sweep brings all of it back from PostgreSQL."""
    ring(*range(30))
    run = engine.start(
        name="tests.parcel",
        subject_id=journeys.SUBJECT,
        data={},
        now=clock.now(),
        in_background=True,
    )
    assert broker.llen("rft") > 0
    broker.flushall()
    worker.start()

    nudges.send("core.outbox.tasks.sweep")
    nudges.send("core.sagas.tasks.sweep")

    wait_until(all_done)
    wait_until(lambda: SagaRun.objects.get(id=run.id).state == SagaState.COMPLETED)
    assert [effects(number) for number in range(30)] == [1] * 30


def test_a_broker_flushed_under_a_running_worker_serves_on(bell, worker, broker, wait_until):
    worker.start()
    ring(1)
    wait_until(all_done)

    broker.flushall()
    ring(2)

    wait_until(all_done)
    assert [effects(1), effects(2)] == [1, 1]


def test_a_saga_handed_out_and_lost_is_handed_out_again(script, worker, broker, wait_until):
    now = clock.now()
    engine.start(
        name="tests.parcel", subject_id=journeys.SUBJECT, data={}, now=now, in_background=True
    )
    assert engine.hand_over_due(now=now) == 1
    broker.flushdb()

    assert engine.hand_over_due(now=now) == 0
    assert engine.hand_over_due(now=now + timedelta(seconds=60)) == 1
    worker.start()

    wait_until(lambda: SagaRun.objects.get().state == SagaState.COMPLETED)
