"""Fixtures for every test."""

import pytest


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database alone lets tables that never change be emptied between tests."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET app.allow_truncate = 'on'")
        connection.close()
        connection.close_pool()


@pytest.fixture(scope="session")
def stack(django_db_setup, django_db_blocker):
    """The whole site as processes; use it with `@pytest.mark.django_db(transaction=True)`."""
    from tests.stack import Stack

    running = Stack()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def chromium():
    """One browser for the whole run: Playwright allows one event loop in a thread."""
    from tests.functional import chromium as browsers

    with browsers.started() as browser:
        yield browser
