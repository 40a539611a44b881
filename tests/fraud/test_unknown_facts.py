"""What cannot be read in time is unknown: no free pass for much money, no lost sale for all."""

import pytest
from django.db import connection
from prometheus_client import REGISTRY

from fraud.services import assessments
from tests.fraud.builders import NOW, subject

pytestmark = pytest.mark.django_db


@pytest.fixture
def slow_history(settings):
    """Every question for the facts takes longer than it may."""
    settings.FRAUD_FACTS_MS_MAX = 20
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE fraud_keyprofile RENAME TO fraud_keyprofile_real")
        cursor.execute(
            "CREATE VIEW fraud_keyprofile AS SELECT key, state FROM fraud_keyprofile_real, "
            "(SELECT pg_sleep(2)) AS slowly"
        )


def counted() -> float:
    return REGISTRY.get_sample_value("fraud_facts_unknown_total", {"part": "history"}) or 0


class TestUnknownFacts:
    @pytest.mark.parametrize(
        ("amount_minor", "band"), [(9_600, "low"), (49_999, "low"), (50_000, "medium")]
    )
    def test_send_only_high_amounts_to_a_person(self, slow_history, amount_minor, band):
        before = counted()

        judged = assessments.assess(subject=subject(amount_minor=amount_minor), now=NOW)

        assert judged.band == band
        assert counted() == before + 1
        assert sum(each["points"] for each in judged.readings) == judged.score

    def test_say_so(self, slow_history):
        judged = assessments.assess(subject=subject(amount_minor=90_000), now=NOW)

        assert "unknown_facts" in {each["signal"] for each in judged.readings}

    def test_leave_the_transaction_around_them_alive(self, slow_history):
        assessments.assess(subject=subject(), now=NOW)

        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() != ("20ms",)
