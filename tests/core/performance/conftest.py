"""Each test begins with nothing measured."""

import pytest

from core.performance import recorder


@pytest.fixture(autouse=True)
def nothing_measured():
    recorder.take()
    yield
    recorder.take()
