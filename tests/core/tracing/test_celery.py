"""A task does its work in the trace of who gave it."""

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker

from core.tracing import propagation


@pytest.fixture
def app():
    app = Celery("traced", broker="memory://", backend="cache+memory://")
    yield app
    app.close()


class TestCeleryHeaders:
    def test_carry_the_trace_to_the_worker(self, app):
        @app.task(name="tests.traced")
        def traced() -> str:
            return propagation.trace_id()

        with propagation.attach(None), app.connection_for_write() as connection:
            trace_id = propagation.trace_id()
            traced.apply_async(connection=connection, queue="traced")
            message = connection.SimpleQueue("traced").get(timeout=5)

        assert message.headers["traceparent"].split("-")[1] == trace_id
        assert propagation.trace_id() == ""

    def test_begin_the_task_in_that_trace(self, app):
        @app.task(name="tests.begun")
        def traced() -> dict[str, str]:
            return propagation.current_context()

        with (
            start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=20),
            propagation.attach(None),
        ):
            trace_id = propagation.trace_id()
            found = traced.delay().get(timeout=20)

        assert found["traceparent"].split("-")[1] == trace_id
