"""What cannot be read in time is unknown: no free pass for much money, no lost sale for all."""

import pytest
from django.db import connection
from prometheus_client import REGISTRY

from fraud import selectors_facts
from fraud.models import BlacklistEntry
from fraud.services import assessments
from tests.fraud.builders import NOW, subject
from tests.fraud.listing import listed
from tests.fraud.test_weights import moved, proposed

pytestmark = pytest.mark.django_db


@pytest.fixture
def slow_history(settings):
    """Every question for the facts takes longer than it may."""
    settings.FRAUD_FACTS_MS_MAX = 20
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE fraud_keyprofile RENAME TO fraud_keyprofile_real")
        cursor.execute(
            "CREATE VIEW fraud_keyprofile AS SELECT key::text, state FROM fraud_keyprofile_real "
            "UNION ALL SELECT pg_sleep(2)::text, '{}'"
        )


@pytest.fixture
def slow_lists(slow_history):
    """The lists take as long."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE fraud_blacklist RENAME TO fraud_blacklist_real")
        cursor.execute(
            "CREATE VIEW fraud_blacklist AS SELECT listed.* FROM fraud_blacklist_real AS listed, "
            "(SELECT pg_sleep(2)) AS slowly"
        )


def counted(part: str = "history") -> float:
    return REGISTRY.get_sample_value("fraud_facts_unknown_total", {"part": part}) or 0


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

    def test_ask_the_bank_to_confirm(self, slow_history):
        judged = assessments.assess(subject=subject(), now=NOW)

        assert (judged.score, judged.three_d_secure) == (25, True)

    def test_are_no_reason_to_ask_when_they_are_known(self):
        assert not assessments.assess(subject=subject(), now=NOW).three_d_secure

    @pytest.mark.parametrize(
        ("effect", "band", "three_d_secure"),
        [("block", "high", True), ("review", "medium", True), ("allow", "low", True)],
    )
    def test_let_nobody_past_the_lists(self, request, effect, band, three_d_secure):
        entry = listed("email", subject().email, effect=effect)
        request.getfixturevalue("slow_history")

        judged = assessments.assess(subject=subject(), now=NOW)

        assert (judged.band, judged.three_d_secure) == (band, three_d_secure)
        assert BlacklistEntry.objects.get(pk=entry.pk).hits == 1

    def test_keep_the_points_in_force(self, request):
        row = proposed()
        moved(row, "live")
        request.getfixturevalue("slow_history")

        assert assessments.assess(subject=subject(), now=NOW).rule_version == row.version

    def test_count_lists_that_are_slow_too(self, request):
        listed("email", subject().email)
        request.getfixturevalue("slow_lists")
        before = counted("lists")

        judged = assessments.assess(subject=subject(), now=NOW)

        assert (judged.band, judged.three_d_secure) == ("low", True)
        assert counted("lists") == before + 1

    def test_say_so(self, slow_history):
        judged = assessments.assess(subject=subject(amount_minor=90_000), now=NOW)

        assert "unknown_facts" in {each["signal"] for each in judged.readings}

    def test_leave_the_transaction_around_them_alive(self, slow_history):
        assessments.assess(subject=subject(), now=NOW)

        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() != ("20ms",)


@pytest.mark.django_db(transaction=True)
class TestLimit:
    """Outside of all transactions, as the checkout asks."""

    def test_ends_a_slow_question_and_itself(self, settings, monkeypatch):
        settings.FRAUD_FACTS_MS_MAX = 20
        slow = f"SELECT slow.* FROM ({selectors_facts.FACTS}) AS slow, pg_sleep(2)"
        monkeypatch.setattr(selectors_facts, "FACTS", slow)
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            usual = cursor.fetchone()

        judged = assessments.assess(subject=subject(), now=NOW)

        assert "unknown_facts" in {each["signal"] for each in judged.readings}
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == usual

    def test_costs_the_server_no_plan_each_time(self):
        for _ in range(14):
            assessments.assess(subject=subject(), now=NOW)

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT max(generic_plans) FROM pg_prepared_statements"
                " WHERE statement LIKE '%fraud_keyprofile%'"
            )
            assert cursor.fetchone()[0] > 0
