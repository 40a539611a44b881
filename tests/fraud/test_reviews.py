"""A case is decided once: by a person, by time, or because its booking is gone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from core.audit.models import AuditEntry
from core.errors import Invalid
from core.outbox.models import Message
from fraud import selectors
from fraud.models import AlreadyDecided, ReviewCase, ReviewTransition
from fraud.models.review import TRANSITIONS, ReviewQuerySet, State
from fraud.services import assessments, reviews
from fraud.tasks import lapse_reviews
from tests.fraud.builders import NOW, card, subject

pytestmark = pytest.mark.django_db
PROMISE = NOW + timedelta(hours=4)
LIMIT = NOW + timedelta(days=5)


def open_case(**changes):
    judged = assessments.assess(
        subject=subject(stage="after", card=card(risk_level="elevated")), now=NOW
    )
    values = {
        "payment_id": judged.payment_id,
        "assessment_id": judged.id,
        "booking_reference": "RFT-7KQ9TC",
        "amount_minor": 9600,
        "promise_at": PROMISE,
        "hard_limit_at": LIMIT,
        "now": NOW,
    }
    return reviews.open(**values | changes)


def decide(case, decision="approve", **changes):
    reason = {"approve": "spoke_to_customer", "decline": "not_confirmed"}[decision]
    values = {"case_id": case.id, "decision": decision, "reason": reason, "actor": "ann"}
    return reviews.decide(**values | {"now": NOW + timedelta(hours=1)} | changes)


def told():
    messages = Message.objects.filter(name="fraud.review_decided")
    return [(each.payload["case_id"], each.payload["decision"]) for each in messages]


class TestOpen:
    def test_puts_the_case_on_the_queue(self):
        case = open_case()

        assert selectors.open_cases() == [case]
        assert selectors.case(case.id).assessment.score == 50
        assert case.transitions.get().to_state == "open"

    def test_opened_again_it_is_the_same(self):
        case = open_case()

        again = reviews.open(
            payment_id=case.payment_id,
            assessment_id=case.assessment_id,
            booking_reference="RFT-7KQ9TC",
            amount_minor=1,
            promise_at=PROMISE,
            hard_limit_at=LIMIT,
            now=NOW,
        )

        assert (again.id, again.amount_minor) == (case.id, 9600)
        assert ReviewTransition.objects.count() == 1

    def test_promises_nothing_after_the_hard_limit(self):
        case = open_case(promise_at=LIMIT + timedelta(hours=1))

        assert case.promise_at == LIMIT

    def test_sorts_the_queue_by_promise(self):
        later = open_case(promise_at=PROMISE + timedelta(hours=1))
        sooner = open_case()

        assert selectors.open_cases() == [sooner, later]


class TestDecide:
    @pytest.mark.parametrize(
        ("decision", "state"), [("approve", "approved"), ("decline", "declined")]
    )
    def test_moves_tells_and_remembers(self, decision, state):
        case = open_case()

        decided = decide(case, decision, note="Rang the school, they confirmed.")

        assert decided.state == ReviewCase.objects.get().state == state
        assert ReviewCase.objects.get().note == "Rang the school, they confirmed."
        assert told() == [(str(case.id), decision)]
        history = ReviewTransition.objects.get(from_state="open")
        assert (history.to_state, history.actor) == (state, "ann")
        entry = AuditEntry.objects.get(subject=f"fraud.reviewcase:{case.id}")
        assert (entry.action, entry.actor) == (f"review.{state}", "ann")
        assert selectors.open_cases() == []

    def test_keeps_the_note_sealed(self):
        decide(open_case(), note="Rang Mr Patel")

        with connection.cursor() as cursor:
            cursor.execute("SELECT note FROM fraud_reviewcase")
            assert b"Patel" not in bytes(cursor.fetchone()[0])

    @pytest.mark.parametrize("second", ["approve", "decline"])
    def test_refuses_a_second_decision(self, second):
        case = open_case()
        decide(case, "approve")

        with pytest.raises(AlreadyDecided) as refusal:
            decide(case, second, actor="bob")

        assert refusal.value.extra["state"] == "approved"
        assert told() == [(str(case.id), "approve")]
        assert ReviewCase.objects.get().decided_by == "ann"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"decision": "maybe"}, "decision"),
            ({"decision": "lapse"}, "decision"),
            ({"reason": ""}, "reason"),
            ({"reason": "stolen_or_tested_card"}, "reason"),
            ({"reason": "other", "note": "  "}, "note"),
            ({"note": "x" * 2001}, "note"),
        ],
    )
    def test_refuses_bad_input_and_changes_nothing(self, changes, field):
        case = open_case()
        values = {"case_id": case.id, "decision": "approve", "reason": "score_wrong"}

        with pytest.raises(Invalid) as refusal:
            reviews.decide(**values | {"actor": "ann", "now": NOW} | changes)

        assert list(refusal.value.fields) == [field]
        assert ReviewCase.objects.get().state == "open"
        assert told() == []

    def test_refuses_past_the_hard_limit(self):
        case = open_case()

        with pytest.raises(AlreadyDecided):
            decide(case, now=LIMIT)

        assert ReviewCase.objects.get().state == "open"
        assert told() == []

    def test_refuses_a_case_that_does_not_exist(self):
        with pytest.raises(selectors.CaseNotFound):
            reviews.decide(
                case_id=uuid4(), decision="approve", reason="score_wrong", actor="ann", now=NOW
            )


class TestWithdraw:
    def test_takes_an_open_case_off_the_queue_and_tells_nobody(self):
        case = open_case()

        reviews.withdraw(payment_id=case.payment_id, now=NOW)

        assert ReviewCase.objects.get().state == "withdrawn"
        assert told() == []

    def test_leaves_a_decided_case_as_it_is(self):
        case = open_case()
        decide(case)

        reviews.withdraw(payment_id=case.payment_id, now=NOW)

        assert ReviewCase.objects.get().state == "approved"

    def test_is_nothing_for_a_payment_without_a_case(self):
        assert reviews.withdraw(payment_id=uuid4(), now=NOW) is None


class TestLapseDue:
    def test_closes_what_is_past_its_limit_only(self):
        due, waiting = open_case(hard_limit_at=NOW), open_case()

        assert reviews.lapse_due(now=NOW) == 1

        assert ReviewCase.objects.get(id=due.id).state == "lapsed"
        assert ReviewCase.objects.get(id=waiting.id).state == "open"
        assert told() == [(str(due.id), "lapsed")]

    def test_run_again_changes_nothing(self):
        open_case(hard_limit_at=NOW)
        reviews.lapse_due(now=NOW)

        assert reviews.lapse_due(now=NOW) == 0
        assert len(told()) == 1

    def test_takes_no_more_than_its_limit_at_once(self):
        for _ in range(3):
            open_case(hard_limit_at=NOW)

        assert reviews.lapse_due(now=NOW, limit=2) == 2

    def test_runs_from_the_timetable(self):
        open_case(hard_limit_at=NOW - timedelta(days=3650))

        assert lapse_reviews() == 1


class TestTransitions:
    @pytest.mark.parametrize("state", State.values)
    @pytest.mark.parametrize("action", ["approve", "decline", "lapse", "withdraw"])
    def test_each_cell_moves_or_refuses(self, state, action):
        case = open_case()
        if state != "open":
            ReviewCase.objects.filter(id=case.id).update(state=state, decided_at=NOW)
            case.refresh_from_db()
        expected = TRANSITIONS.get((state, action))

        if expected:
            case.decide(action, actor="ann", now=NOW)
        else:
            with pytest.raises(AlreadyDecided):
                case.decide(action, actor="ann", now=NOW)

        assert ReviewCase.objects.get().state == (expected or state)

    def test_the_database_refuses_an_open_case_that_is_decided(self):
        open_case()

        with pytest.raises(DatabaseError), transaction.atomic():
            ReviewCase.objects.update(state="approved")

        assert ReviewCase.objects.get().state == "open"

    def test_the_database_refuses_to_change_history(self):
        open_case()

        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            ReviewTransition.objects.update(actor="somebody else")


@pytest.mark.django_db(transaction=True)
class TestTwoDeciders:
    """The row lock makes the second one hear who was first; the twins show what it guards."""

    def test_one_wins_and_the_others_are_told(self):
        case = open_case()

        results = _all_at_once(case, 8)

        assert sorted(map(str, results)).count("decided") == 1
        assert [each for each in results if each != "decided"] == [AlreadyDecided] * 7
        assert len(told()) == 1
        assert told()[0][1] == ReviewCase.objects.get().transitions.get(
            from_state="open"
        ).to_state.replace("approved", "approve").replace("declined", "decline")

    def test_twin_without_the_lock_the_database_still_lets_only_one_through(self, monkeypatch):
        case = open_case()
        _take_the_lock_off(monkeypatch)

        results = _all_at_once(case, 2)

        assert sorted(map(str, results)).count("decided") == 1
        assert AlreadyDecided not in results
        assert len(told()) == 1

    def test_twin_without_lock_and_trigger_two_decide(self, monkeypatch):
        case = open_case()
        _take_the_lock_off(monkeypatch)
        trigger = "TRIGGER fraud_reviewcase_decided_once"
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE fraud_reviewcase DISABLE {trigger}")
        try:
            results = _all_at_once(case, 2)
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE fraud_reviewcase ENABLE {trigger}")

        assert results == ["decided", "decided"]
        assert len(told()) == 2


def _all_at_once(case, count):
    barrier = Barrier(count)

    def one(number):
        try:
            barrier.wait(timeout=10)
            decide(case, ("approve", "decline")[number % 2], actor=f"staff{number}")
            return "decided"
        except (AlreadyDecided, DatabaseError) as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def _take_the_lock_off(monkeypatch):
    """Both read the open case before either writes."""
    both_have_read = Barrier(2)

    def unlocked(self):
        return _ReadTogether(self, both_have_read)

    monkeypatch.setattr(ReviewQuerySet, "locked", unlocked)


class _ReadTogether:
    def __init__(self, queryset, barrier):
        self.queryset, self.barrier = queryset, barrier

    def get(self, **lookups):
        case = self.queryset.get(**lookups)
        self.barrier.wait(timeout=10)
        return case
