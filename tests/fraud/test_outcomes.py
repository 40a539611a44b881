"""What became of a try is counted once, on every key it had."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from core.errors import Invalid
from fraud.models import KeyCount, Outcome
from fraud.models.outcome import bucket
from fraud.services import assessments, outcomes
from fraud.subject import keys
from tests.fraud.builders import NOW, card, subject

pytestmark = pytest.mark.django_db


class TestRecord:
    def test_counts_each_key_in_its_bucket(self):
        one = subject(card=card())

        outcomes.record(payment_id=one.payment_id, kind="attempt", subject=one, now=NOW)

        rows = KeyCount.objects.values_list("key_kind", "key", "count", "amount_minor")
        assert sorted(rows) == sorted(
            (kind, key, 1, 9600) for kind, key in keys(one).items() if kind in outcomes.COUNTED
        )
        assert {row.bucket_at for row in KeyCount.objects.all()} == {bucket(NOW)}

    def test_counts_a_repeat_once(self):
        one = subject()

        first = outcomes.record(payment_id=one.payment_id, kind="declined", subject=one, now=NOW)
        later = NOW + timedelta(hours=1)
        again = outcomes.record(payment_id=one.payment_id, kind="declined", subject=one, now=later)

        assert again.id == first.id
        assert set(KeyCount.objects.values_list("count", flat=True)) == {1}

    def test_adds_up_within_five_minutes_and_apart_beyond(self):
        for minutes in (0, 4, 5):
            one = subject(address="", device="")
            at = NOW + timedelta(minutes=minutes)
            outcomes.record(payment_id=one.payment_id, kind="attempt", subject=one, now=at)

        counts = KeyCount.objects.order_by("bucket_at").values_list("count", "amount_minor")
        assert list(counts) == [(2, 19200), (1, 9600)]

    def test_takes_the_keys_from_the_assessment_when_told_no_more(self):
        one = subject(stage="after", card=card())
        assessments.assess(subject=one, now=NOW)

        kept = outcomes.record(payment_id=one.payment_id, kind="disputed", now=NOW)

        assert (kept.keys, kept.course, kept.amount_minor) == (keys(one), one.course, 9600)
        assert KeyCount.objects.filter(outcome="disputed").count() == 4

    def test_keeps_an_outcome_of_a_payment_it_never_judged(self):
        outcomes.record(payment_id=subject().payment_id, kind="disputed", now=NOW)

        assert Outcome.objects.count() == 1
        assert not KeyCount.objects.exists()

    def test_refuses_an_unknown_outcome(self):
        with pytest.raises(Invalid):
            outcomes.record(payment_id=subject().payment_id, kind="lost", now=NOW)

        assert not Outcome.objects.exists()
        assert not KeyCount.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_loses_no_count_and_never_deadlocks(self):
        tries = [subject(card=card()) for _ in range(40)]

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(_record, tries))

        assert list(KeyCount.objects.values_list("count", flat=True)) == [40] * 4

    def test_counts_one_payment_once(self):
        one = subject()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(_record, [one] * 24))

        assert set(KeyCount.objects.values_list("count", flat=True)) == {1}


def _record(one):
    try:
        outcomes.record(payment_id=one.payment_id, kind="attempt", subject=one, now=NOW)
    finally:
        connection.close()
