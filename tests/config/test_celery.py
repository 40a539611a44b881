"""The numbers that keep a task from being lost or run twice, and the timetable."""

import ast
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from celery.signals import task_postrun, task_prerun
from django.conf import settings
from django.db import connections

from config import celery as wiring
from core.embedded.folders import REPOSITORY

conf = wiring.app.conf


class TestLimits:
    def test_no_task_runs_as_long_as_the_broker_waits(self):
        visibility = conf.broker_transport_options["visibility_timeout"]

        assert conf.task_time_limit < visibility
        assert wiring.COUNTDOWN_SECONDS_MAX + conf.task_time_limit < visibility
        assert conf.worker_soft_shutdown_timeout < conf.task_time_limit

    def test_the_visibility_is_set_in_all_three_places(self):
        assert {
            conf.broker_transport_options["visibility_timeout"],
            conf.result_backend_transport_options["visibility_timeout"],
            conf.visibility_timeout,
        } == {300}

    def test_a_dead_workers_tasks_are_looked_for_every_five_seconds(self):
        options = conf.broker_transport_options

        assert options["unacked_restore_interval"] * options["unacked_restore_throttle"] == 5

    def test_a_task_is_acknowledged_when_it_is_done(self):
        assert conf.task_acks_late
        assert conf.task_reject_on_worker_lost
        assert conf.worker_prefetch_multiplier == 1

    def test_only_json_in_utc_and_without_results(self):
        assert (conf.accept_content, conf.task_serializer) == (["json"], "json")
        assert (conf.timezone, conf.enable_utc) == ("UTC", True)
        assert conf.task_ignore_result
        assert conf.result_backend is None

    def test_the_broker_shares_no_database_with_the_cache(self):
        addresses = {settings.CELERY_BROKER_URL, settings.REDIS_URL, settings.RATELIMIT_REDIS_URL}

        assert conf.broker_url == settings.CELERY_BROKER_URL
        assert len(addresses) == 3

    def test_django_knows_the_app(self):
        assert current_app._get_current_object() is wiring.app


class TestTimetable:
    def test_each_entry_names_a_task_that_exists(self):
        wiring.app.loader.import_default_modules()

        missing = {task for task, _ in wiring.TIMETABLE.values()} - set(wiring.app.tasks)
        assert not missing

    @pytest.mark.parametrize(
        ("task", "seconds"),
        [
            ("core.outbox.tasks.sweep", 5),
            ("core.sagas.tasks.sweep", 5),
            ("core.mail.tasks.send_due", 30),
            ("courses.tasks.expire_due", 10),
            ("payments.tasks.sweep", 15),
            ("fraud.tasks.lapse_reviews", 60),
        ],
    )
    def test_is_kept(self, task, seconds):
        schedules = {entry["task"]: entry["schedule"] for entry in conf.beat_schedule.values()}
        assert schedules[task] == seconds

    def test_needs_no_file(self):
        assert conf.beat_scheduler == "celery.beat:Scheduler"


class TestSource:
    """Schedules longer than a minute are rows; what must not be lost goes through the outbox."""

    def test_nothing_is_scheduled_in_the_broker(self):
        assert not [place for place, name in _keywords() if name in {"eta", "countdown"}]

    def test_only_the_nudge_sends_tasks_and_the_worker_its_own_heartbeat(self):
        senders = {"delay", "apply_async", "send_task", "delay_on_commit", "apply_async_on_commit"}

        assert {place for place, name in _calls() if name in senders} == {
            "core/nudges.py",
            "core/health/watchdog.py",
        }


@pytest.mark.django_db(transaction=True)
class TestConnections:
    def test_are_given_back_to_the_pool_and_kept_open(self):
        """Celery would close the pool after each task: 5 to 9 ms of CPU for each one."""
        wrapper: Any = connections["default"]
        wrapper.ensure_connection()
        pool = wrapper.pool

        task_prerun.send(sender=None)
        task_postrun.send(sender=None)

        assert wrapper.connection is None
        assert wrapper.pool is pool
        assert not pool.closed


def _sources() -> list[Path]:
    apps = ["config", "core", "courses", "fraud", "payments", "invoicing"]
    return [path for app in apps for path in (REPOSITORY / app).rglob("*.py")]


def _nodes() -> list[tuple[str, ast.AST]]:
    return [
        (path.relative_to(REPOSITORY).as_posix(), node)
        for path in _sources()
        for node in ast.walk(ast.parse(path.read_text()))
    ]


def _calls() -> list[tuple[str, str]]:
    return [
        (place, node.func.attr)
        for place, node in _nodes()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]


def _keywords() -> list[tuple[str, str]]:
    return [
        (place, keyword.arg or "")
        for place, node in _nodes()
        if isinstance(node, ast.Call)
        for keyword in node.keywords
    ]
