"""The bell is heard by one handler."""

import pytest

from core import nudges
from tests.core.outbox import facts
from tests.outbox_tools import subscribed


@pytest.fixture
def bell():
    with subscribed(facts.BellRang, facts.heard, name="tests.hear"):
        yield


@pytest.fixture(autouse=True)
def a_broker_that_answered_last_time(monkeypatch):
    monkeypatch.setattr(nudges, "_silent_until", 0.0)
