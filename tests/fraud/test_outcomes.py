"""What became of a try is put down once, for every key it concerns."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

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

    def test_tells_what_a_change_of_mind_replaces(self):
        one, later = subject(stage="after", card=card()), NOW + timedelta(days=3)
        assessments.assess(subject=one, now=NOW)

        for kind, at in (
            ("genuine", NOW),
            ("warned", later),
            ("disputed", later),
            ("matured", later),
        ):
            outcomes.record(
                payment_id=one.payment_id, kind=kind, now=at + timedelta(hours=len(kind))
            )

        told_of = PendingOutcome.objects.filter(key_kind="card").order_by("id")
        assert [
            (each.outcome.kind, each.outcome.replaces_at)
            for each in told_of.select_related("outcome")
        ] == [
            ("genuine", None),
            ("warned", NOW + timedelta(hours=len("genuine"))),
            ("matured", later + timedelta(hours=len("warned"))),
        ]

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

    def test_does_the_oldest_first_and_goes_on_where_it_stopped(self):
        paid = [subject() for _ in range(5)]
        for number, one in enumerate(paid):
            at = NOW - timedelta(days=200 - 20 * number)
            outcomes.record(payment_id=one.payment_id, kind="succeeded", subject=one, now=at)

        assert [outcomes.mature(now=NOW, limit=2) for _ in range(4)] == [2, 2, 1, 0]
        assert [
            str(each.payment_id) for each in Outcome.objects.filter(kind="matured").order_by("id")
        ] == [one.payment_id for one in paid]

    def test_does_not_read_again_what_is_known(self):
        """With 2,000 payments known it reads those of a day, not all."""
        with connection.cursor() as cursor:
            cursor.execute(
                A_LONG_TIME, {"now": NOW, "known": 2_000, "kinds": ["succeeded", "matured"]}
            )
            cursor.execute("ANALYZE fraud_outcome")
            cursor.execute(outcomes.MATURED_UNTIL)
            (until,) = cursor.fetchone()
            values = {
                "since": until - outcomes.PUT_DOWN_LATE,
                "before": NOW - outcomes.MATURE_AFTER,
                "labels": outcomes.LABELS,
                "limit": 1000,
            }
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {outcomes.MATURED}", values)
            (found,) = cursor.fetchone()

        plan = found if isinstance(found, list) else json.loads(found)
        assert most_rows(plan[0]["Plan"]) <= 30, plan


# A payment each hour, known as genuine.
A_LONG_TIME = """
    INSERT INTO fraud_outcome (id, payment_id, kind, keys, course, amount_minor, country, happened_at)
    SELECT gen_random_uuid(), md5('paid' || number)::uuid, kind, '{}', '', 9600, '',
        %(now)s::timestamptz - CASE kind WHEN 'succeeded' THEN interval '91 days' ELSE interval '1 day' END
            - number * interval '1 hour'
    FROM generate_series(1, %(known)s::int) AS number, unnest(%(kinds)s::text[]) AS kind
"""


def most_rows(plan) -> int:
    looked = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    below = (most_rows(each) for each in plan.get("Plans", ()))
    return max([looked * plan["Actual Loops"], *below])


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

    def test_learns_one_fraud_once_however_it_is_heard_of(self):
        tries = [subject(card=card()) for _ in range(8)]
        heard = [(one, kind) for one in tries for kind in ("disputed", "warned", "fraud")]

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda each: _record(*each), heard))

        assert Outcome.objects.count() == len(heard)
        assert PendingOutcome.objects.filter(key_kind="card").count() == len(tries)

    def test_would_learn_it_twice_without_the_lock(self, monkeypatch):
        one, both_looked = subject(card=card()), Barrier(2, timeout=10)
        look = outcomes._label_in_force

        def look_together(payment_id):
            found = look(payment_id)
            both_looked.wait()
            return found

        monkeypatch.setattr(outcomes, "_label_in_force", look_together)
        monkeypatch.setattr(outcomes, "_wait_for_other_labels", lambda _outcome: None)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda kind: _record(one, kind), ("disputed", "warned")))

        assert PendingOutcome.objects.filter(key_kind="card").count() == 2


def _record(one, kind="attempt"):
    try:
        outcomes.record(payment_id=one.payment_id, kind=kind, subject=one, now=NOW)
    finally:
        connection.close()
