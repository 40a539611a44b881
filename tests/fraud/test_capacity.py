"""The review band as wide as the office can do in a day."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from fraud import scoring
from fraud.models import Assessment
from fraud.services import assessments, capacity
from tests.fraud.builders import NOW, card, subject

pytestmark = pytest.mark.django_db
THRESHOLDS = scoring.Thresholds(25, 40, 80)


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(capacity, "_known", None)


def judged(*scores: int) -> None:
    for score in scores:
        one = subject(stage="after", card=card())
        made = assessments._assessment(
            one,
            scoring.Score(score, score, "low", False, ()),
            THRESHOLDS,
            {},
            NOW - timedelta(days=2),
        )
        made.rule_version = "test"
        made.save(force_insert=True)


class TestFitted:
    def test_is_the_setting_without_a_capacity(self):
        assert capacity.fitted(THRESHOLDS, now=NOW) is THRESHOLDS

    @pytest.mark.parametrize(
        ("scores", "start"),
        [([], 25), ([30] * 7, 25), ([60] * 7 + [50], 51), ([70] * 8, 71), ([80] * 8, 80)],
    )
    def test_lets_so_many_a_day_through(self, settings, scores, start):
        settings.FRAUD_REVIEW_PER_DAY = 1
        judged(*scores)

        assert capacity.fitted(THRESHOLDS, now=NOW).review_from == start
        assert Assessment.objects.count() == len(scores)

    def test_leaves_the_setting_in_force_while_the_database_cannot_say(self, settings):
        settings.FRAUD_REVIEW_PER_DAY = 1

        def refuse(execute, sql, params, many, context):
            if "fraud_assessment" in sql:
                raise OperationalError("canceling statement due to statement timeout")
            return execute(sql, params, many, context)

        with connection.execute_wrapper(refuse):
            found = capacity.fitted(THRESHOLDS, now=NOW)

        assert found == THRESHOLDS
