"""One house for all scenarios: its parts are killed and brought back, its books and rows are emptied between them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.chaos import tally
from tests.chaos.house import House
from tests.stack import Stack

# Storms have a command of their own; `make test` plays the short list of crash points alone.
collect_ignore = [] if os.environ.get("CHAOS") else ["test_storms.py"]


@pytest.fixture(scope="package")
def house_of_the_run(
    django_db_setup, django_db_blocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    clock_file: Path = tmp_path_factory.mktemp("chaos") / "clock"
    clock_file.write_text("0")
    environment = {
        "CLOCK_OFFSET_FILE": str(clock_file),
        "RATE_LIMIT_POSTS": "100000/m",
        "RATE_LIMIT_POSTS_USER": "100000/m",
    }
    with django_db_blocker.unblock():
        _let_commits_outlive_a_crash()
        stack = Stack(extra_environment=environment)
        try:
            yield House(stack.start(), clock_file)
        finally:
            stack.stop()


@pytest.fixture
def house(house_of_the_run: House, transactional_db, settings) -> House:
    settings.CLOCK_OFFSET_FILE = str(house_of_the_run.clock_file)
    house_of_the_run.begin_afresh()
    return house_of_the_run


def _let_commits_outlive_a_crash() -> None:
    """The server of the tests forgets its last moments when it dies; the one in a storm may not."""
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = 'on'")
    connection.close()
    connection.close_pool()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if tally.OF_THE_RUN.endings:
        terminalreporter.section("storms")
        for line in tally.OF_THE_RUN.table():
            terminalreporter.line(line)
