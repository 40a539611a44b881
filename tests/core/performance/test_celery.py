"""A task is timed from its giving to its end, in a real worker."""

import time
from types import SimpleNamespace

import pytest
from django.db import connection

from core.database import watching
from core.performance import celery, recorder
from core.performance.recorder import TASK, WAIT


def task(**request):
    facts = {"delivery_info": {"routing_key": "rft"}, **request}
    return SimpleNamespace(name="tests.bell", request=SimpleNamespace(**facts))


class TestStamp:
    def test_says_when_a_task_was_given(self):
        headers: dict = {}

        celery._stamp(headers=headers)

        assert headers[celery.SENT_AT] == pytest.approx(time.time(), abs=5)


@pytest.fixture
def closely(settings):
    settings.PERFORMANCE_SAMPLE = 1.0


@pytest.mark.django_db
@pytest.mark.usefixtures("closely")
class TestTask:
    def test_its_wait_its_time_and_its_statements(self):
        ringing = task(**{celery.SENT_AT: time.time() - 3})

        with watching.work(lambda: "tests.bell"), connection.cursor() as cursor:
            celery._begin(task=ringing)
            cursor.execute("SELECT 1")
            celery._end(task=ringing, state="SUCCESS")

        rows = recorder.take()
        assert rows[WAIT, "rft", ""].total_ms == pytest.approx(3000, rel=0.2)
        row = rows[TASK, "tests.bell", ""]
        assert (row.count, row.errors, row.queries) == (1, 0, 1)

    def test_a_workers_own_queue_does_not_name_its_machine(self):
        own = {"delivery_info": {"routing_key": "celery@host7.dq2"}}

        celery._begin(task=task(**own, **{celery.SENT_AT: time.time()}))

        assert [name for kind, name, _ in recorder.take() if kind == WAIT] == ["own"]

    def test_that_failed_is_an_error(self):
        ringing = task()

        celery._begin(task=ringing)
        celery._end(task=ringing, state="FAILURE")

        assert recorder.take()[TASK, "tests.bell", ""].errors == 1

    def test_leaves_no_wrapper_behind(self):
        ringing = task()
        before = len(connection.execute_wrappers)

        celery._begin(task=ringing)
        celery._end(task=ringing, state="SUCCESS")

        assert len(connection.execute_wrappers) == before
