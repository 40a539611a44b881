"""The review queue as monitoring sees it."""

from datetime import timedelta

import pytest

from fraud import metrics
from tests.fraud.test_reviews import PROMISE, decide, open_case
from tests.metrics import numbers


@pytest.mark.django_db
class TestBacklog:
    def test_tells_how_many_wait_and_which_are_late(self):
        case = open_case()

        early = numbers(metrics.backlog(case.opened_at + timedelta(minutes=30)))
        late = numbers(metrics.backlog(PROMISE + timedelta(minutes=1)))

        assert early["review_open"] == {"yes": 0, "no": 1}
        assert early["review_oldest_open_seconds"] == 1800
        assert late["review_open"] == {"yes": 1, "no": 0}

    def test_an_empty_queue_has_no_limit(self):
        case = open_case()
        decide(case)

        found = {each.name: each.samples for each in metrics.backlog(PROMISE)}

        assert found["review_limit_seconds"] == []
