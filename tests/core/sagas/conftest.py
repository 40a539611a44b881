"""A broker that answered last time."""

import pytest

from core import nudges


@pytest.fixture(autouse=True)
def a_broker_that_answered_last_time(monkeypatch):
    monkeypatch.setattr(nudges, "_silent_until", 0.0)
