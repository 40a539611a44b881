"""One browser for the whole run: Playwright allows one event loop in a thread."""

import pytest

from tests.functional import chromium as browsers


@pytest.fixture(scope="session")
def chromium():
    with browsers.started() as browser:
        yield browser
