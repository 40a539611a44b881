"""The parcel saga, its script, and a broker that answered last time."""

import pytest

from core import nudges
from tests.core.sagas import journeys


@pytest.fixture
def script():
    script = journeys.Script()
    journeys.register(journeys.parcel(script))
    yield script
    journeys.forget("tests.parcel")


@pytest.fixture(autouse=True)
def a_broker_that_answered_last_time(monkeypatch):
    monkeypatch.setattr(nudges, "_silent_until", 0.0)
