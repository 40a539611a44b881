"""One house for all scenarios: its parts are killed and brought back, its books and rows are emptied between them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.house import House
from tests.stack import Stack


@pytest.fixture(scope="package")
def house_of_the_run(
    django_db_setup, django_db_blocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    clock_file: Path = tmp_path_factory.mktemp("chaos") / "clock"
    clock_file.write_text("0")
    environment = {"CLOCK_OFFSET_FILE": str(clock_file), "RATE_LIMIT_POSTS": "100000/m"}
    with django_db_blocker.unblock():
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
