"""How used up a key is: never too low, from one key to the next, and told of in time."""

from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from core.crypto import metrics, usage
from core.crypto.models import KeyUse
from tests.core.crypto.test_keyring import key

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def written(monkeypatch):
    """What the database says it has written so far."""
    state = {"values": 1000}
    monkeypatch.setattr(usage, "_values_written", lambda: state["values"])
    return state


class TestCount:
    def test_adds_what_was_written_since(self, written):
        usage.count(now=NOW)
        written["values"] += 70
        usage.count(now=NOW + timedelta(hours=1))
        written["values"] += 5

        use = usage.count(now=NOW + timedelta(hours=2))

        assert (use.seals, use.since) == (75, NOW)

    def test_bears_that_the_database_counts_anew(self, written):
        usage.count(now=NOW)
        written["values"] = 30

        assert usage.count(now=NOW).seals == 30

    def test_begins_at_nothing_with_a_new_key(self, written, settings):
        usage.count(now=NOW)
        written["values"] += 70
        usage.count(now=NOW)
        settings.ENCRYPTION_KEY = f"{key('fresh')},{settings.ENCRYPTION_KEY}"
        written["values"] += 9
        usage.count(now=NOW)
        written["values"] += 4
        usage.count(now=NOW)

        old, fresh = usage.of_each_key().values()
        assert (old, fresh) == (70, 4)

    @pytest.mark.parametrize(
        ("seals", "level"),
        [(usage.WARNING - 2, ""), (usage.WARNING, "warning"), (usage.ALARM, "error")],
    )
    def test_says_when_it_is_time_for_a_new_key(self, written, seals, level):
        usage.count(now=NOW)
        KeyUse.objects.update(seals=seals)

        with capture_logs() as lines:
            usage.count(now=NOW)

        told = [line["log_level"] for line in lines if "near_its_limit" in line["event"]]
        assert told == ([level] if level else [])

    def test_shows_in_the_metrics(self, written):
        usage.count(now=NOW)

        seals, alarm = metrics.read_key_uses(NOW)

        assert [sample.value for sample in seals.samples] == [0]
        assert alarm.samples[0].value == 2**31


class TestValuesWritten:
    def test_asks_the_database(self):
        assert usage._values_written() >= 0
