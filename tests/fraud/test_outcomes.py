"""What became of a try is put down once, for every key it concerns."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from core.errors import Invalid
from fraud.history import ledger
from fraud.models import Outcome, PendingOutcome
from fraud.services import assessments, outcomes
from fraud.subject import keys
from tests.fraud.builders import NOW, card, subject

pytestmark = pytest.mark.django_db


def told() -> set[tuple[str, str]]:
    return set(PendingOutcome.objects.values_list("key_kind", "key"))


class TestRecord:
    def test_tells_each_key_it_concerns(self):
        one = subject(card=card())

        outcomes.record(payment_id=one.payment_id, kind="attempt", subject=one, now=NOW)

        concerned = ledger.concerned("attempt")
        assert told() == {(kind, key) for kind, key in keys(one).items() if kind in concerned}

    def test_tells_of_a_repeat_once(self):
        one = subject()

        first = outcomes.record(payment_id=one.payment_id, kind="declined", subject=one, now=NOW)
        rows = PendingOutcome.objects.count()
        later = NOW + timedelta(hours=1)
        again = outcomes.record(payment_id=one.payment_id, kind="declined", subject=one, now=later)

        assert again.id == first.id
        assert PendingOutcome.objects.count() == rows

    def test_learns_one_fraud_once_however_often_it_is_heard_of(self):
        one = subject(stage="after", card=card())
        assessments.assess(subject=one, now=NOW)

        outcomes.record(payment_id=one.payment_id, kind="warned", now=NOW)
        rows = PendingOutcome.objects.count()
        outcomes.record(payment_id=one.payment_id, kind="disputed", now=NOW)

        assert PendingOutcome.objects.count() == rows > 0
        assert Outcome.objects.filter(kind="disputed").exists()

    def test_takes_the_keys_from_the_assessment_when_told_no_more(self):
        one = subject(stage="after", card=card())
        assessments.assess(subject=one, now=NOW)

        kept = outcomes.record(payment_id=one.payment_id, kind="disputed", now=NOW)

        assert (kept.keys, kept.course, kept.amount_minor) == (keys(one), one.course, 9600)
        assert {kind for kind, _key in told()} == set(keys(one)) & ledger.LEARNED

    def test_keeps_an_outcome_of_a_payment_it_never_judged(self):
        outcomes.record(payment_id=subject().payment_id, kind="disputed", now=NOW)

        assert Outcome.objects.count() == 1
        assert not told()

    def test_refuses_an_unknown_outcome(self):
        with pytest.raises(Invalid):
            outcomes.record(payment_id=subject().payment_id, kind="lost", now=NOW)

        assert not Outcome.objects.exists()
        assert not told()


class TestMature:
    def test_calls_genuine_what_nobody_disputed_for_ninety_days(self):
        old, disputed, fresh = subject(), subject(), subject()
        for one, days in ((old, 91), (disputed, 91), (fresh, 89)):
            at = NOW - timedelta(days=days)
            outcomes.record(payment_id=one.payment_id, kind="succeeded", subject=one, now=at)
        outcomes.record(payment_id=disputed.payment_id, kind="disputed", subject=disputed, now=NOW)

        assert outcomes.mature(now=NOW) == 1
        assert outcomes.mature(now=NOW) == 0

        (matured,) = Outcome.objects.filter(kind="matured")
        assert str(matured.payment_id) == old.payment_id


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_tells_of_every_payment_and_waits_for_nobody(self):
        tries = [subject(card=card()) for _ in range(40)]

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(_record, tries))

        assert Outcome.objects.count() == 40
        assert PendingOutcome.objects.filter(key_kind="card").count() == 40

    def test_tells_of_one_payment_once(self):
        one = subject(card=card())

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(_record, [one] * 24))

        assert PendingOutcome.objects.filter(key_kind="card").count() == 1


def _record(one):
    try:
        outcomes.record(payment_id=one.payment_id, kind="attempt", subject=one, now=NOW)
    finally:
        connection.close()
