"""A run that is started with its lease: the caller drives it at once, and nobody else until the lease ends."""

import pytest

from core.sagas import engine
from core.sagas.models import LEASE, SagaRun
from core.sagas.states import State
from tests.core.sagas.journeys import NOW, SUBJECT, entries

pytestmark = pytest.mark.django_db


def begin() -> SagaRun:
    return engine.start(name="tests.parcel", subject_id=SUBJECT, data={}, now=NOW, leased=True)


class TestStartLeased:
    def test_saves_the_taking_of_the_lease(self, script, django_assert_num_queries):
        engine.drive(begin().id, now=NOW + LEASE)
        SagaRun.objects.all().delete()

        with django_assert_num_queries(1 + 4 + 4):
            begun = begin()
            run = engine.drive(begun.id, begun=begun, now=NOW)

        assert run.state == State.COMPLETED
        assert len(entries(run)) == 4

    def test_keeps_others_away_until_the_caller_had_its_time(self, script):
        run = begin()

        assert engine.drive(run.id, now=NOW).state == State.RUNNING
        assert engine.hand_over_due(now=NOW, limit=9) == 0
        assert not script.calls
        assert len(SagaRun.objects.hand_over_due(now=NOW + engine.CALLER_FIRST, limit=9)) == 1

    def test_refuses_a_caller_who_slept_through_its_lease(self, script):
        begun = begin()
        engine.drive(begun.id, now=NOW + engine.CALLER_FIRST)

        run = engine.drive(begun.id, begun=begun, now=NOW)

        assert run.state == State.COMPLETED
        assert len(entries(run)) == 4

    def test_gives_no_lease_of_a_run_that_there_was(self, script):
        begin()

        again = begin()

        assert not again.lease_in_hand
        assert engine.drive(again.id, begun=again, now=NOW).state == State.RUNNING
        assert not script.calls
