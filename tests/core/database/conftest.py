"""The moment of these tests."""

import pytest

from core import clock


@pytest.fixture
def now():
    return clock.now()
