"""Fixtures for every test."""

import pytest
from hypothesis import HealthCheck, settings

# How long one example takes says how busy the machine is, and nothing of the code.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

RUNNING_SITES = {"house_of_the_run": 1, "stack": 2, "chromium": 2}
# Begun first among these, so that the other worker has enough to do beside them.
LONGEST = ("test_in_browser.py", "test_staff_pages.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What keeps a site or a browser running comes last: a worker beside it would do a plain test's work for it."""
    needs: dict[object, int] = {}
    for item in items:
        place = max((RUNNING_SITES.get(name, 0) for name in _fixtures_of(item)), default=0)
        needs[item.path] = max(place, needs.get(item.path, 0))
    items.sort(key=lambda item: (needs[item.path], item.path.name not in LONGEST))


def _fixtures_of(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


@pytest.fixture(autouse=True)
def closed_breakers():
    """What one test's faults opened is not open for the next."""
    yield
    from tests.breakers import forget_breakers

    forget_breakers()


@pytest.fixture(autouse=True)
def empty_caches():
    """What one test had cached no other is shown."""
    yield
    from tests.caching import forget_caches

    forget_caches()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database alone lets tables that never change be emptied between tests."""
    from django.db import connection
    from django.test import TransactionTestCase

    from tests.emptying import empty_what_was_touched

    TransactionTestCase._fixture_teardown = empty_what_was_touched

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET app.allow_truncate = 'on'")
        connection.close()
        connection.close_pool()


@pytest.fixture(scope="session")
def stack(django_db_setup, django_db_blocker):
    """The whole site as processes; use it with `@pytest.mark.django_db(transaction=True)`."""
    from tests.payments.sandbox import stripe_contract
    from tests.stack import Stack

    running = Stack()
    try:
        yield running.start()
        books = running.sandbox.books()
    finally:
        running.stop()
    # What the whole site asked of the gateway in this run, judged by the gateway's own document.
    assert stripe_contract.validate_journal(books, refusals_expected=True) == []


@pytest.fixture(scope="session")
def chromium():
    """One browser for the whole run: Playwright allows one event loop in a thread."""
    from tests.functional import chromium as browsers

    with browsers.started() as browser:
        yield browser
