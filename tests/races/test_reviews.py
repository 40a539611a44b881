"""Two colleagues on one case: one opens it first, one decides; and who is late hears of it."""

import threading

import pytest
from django.db import IntegrityError

from fraud.models import BlacklistEntry, ReviewWatch
from fraud.models.review import ReviewQuerySet
from fraud.selectors import ReviewCase
from fraud.services import reviews, watches
from fraud.services.reviews import AlreadyAsked, AlreadyDecided
from payments.models import Payment
from payments.services import reviewing
from tests.outbox_tools import drain_outbox
from tests.payments import make
from tests.races.hands import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def case(sandbox, now, settings) -> ReviewCase:
    settings.FRAUD_REVIEW_FROM, settings.FRAUD_3DS_FROM = -1, 101
    make.pay(make.ready(now=now), sandbox, now=now)
    return ReviewCase.objects.get()


def approve(case, now):
    return lambda: reviewing.decide(
        case_id=case.pk, decision="approve", reason="score_wrong", actor="staff:1", now=now
    )


def decline(case, now):
    return lambda: reviewing.decide(
        case_id=case.pk, decision="decline", reason="stolen_or_tested_card", block=["email"],
        may_block=True, actor="staff:2", now=now,
    )  # fmt: skip


@pytest.fixture
def read_decide_write(monkeypatch):
    """The guard off: both read the open case before either writes."""
    both_have_read = threading.Barrier(2)

    class Unlocked:
        def __init__(self, cases):
            self.cases = cases

        def get(self, **lookups):
            found = self.cases.get(**lookups)
            both_have_read.wait(30)
            return found

    def unlocked(cases):
        return Unlocked(cases)

    monkeypatch.setattr(ReviewQuerySet, "locked", unlocked)


class TestTwoDecisions:
    def test_one_counts_with_all_that_belongs_to_it(self, case, sandbox, now):
        outcome = at_once([approve(case, now), decline(case, now)])

        [decided] = outcome.results
        assert outcome.refused(AlreadyDecided) == 1
        assert BlacklistEntry.objects.exists() == (decided.state == "declined")
        drain_outbox()
        payment = Payment.objects.get()
        make.drive(payment, now=now)
        payment.refresh_from_db()
        assert payment.status == {"approved": "succeeded", "declined": "cancelled"}[decided.state]

    def test_without_the_lock_the_database_refuses_the_second_and_all_of_it(
        self, case, now, read_decide_write
    ):
        outcome = at_once([approve(case, now), decline(case, now)])

        [decided] = outcome.results
        assert outcome.refused(IntegrityError) == 1
        assert ReviewCase.objects.get().state == decided.state
        assert BlacklistEntry.objects.exists() == (decided.state == "declined")


class TestTwoWhoAskToCall:
    def ask(self, case, now):
        return lambda: reviewing.ask_to_call(case_id=case.pk, actor="staff:1", now=now)

    def test_the_customer_is_asked_once(self, case, now):
        outcome = at_once([self.ask(case, now)] * 2)

        assert len(outcome.results) == 1
        assert outcome.refused(AlreadyAsked) == 1

    def test_without_the_lock_both_move_the_deadline(self, case, now, read_decide_write):
        outcome = at_once([self.ask(case, now)] * 2)

        assert len(outcome.results) == 2


class TestTwoWhoOpen:
    def test_one_has_it_and_both_know_who(self, case, now):
        def look(actor):
            return lambda: watches.look(case_id=case.pk, actor=actor, now=now)

        outcome = at_once([look("staff:1"), look("staff:2")])

        assert outcome.errors == []
        assert {each.actor for each in outcome.results} == {ReviewWatch.objects.get().actor}


class TestTwoClocks:
    def test_a_late_case_is_told_of_once(self, case, now):
        ReviewCase.objects.update(promise_at=now)

        outcome = at_once([lambda: reviews.tell_late_due(now=now)] * 4)

        assert sum(outcome.results) == 1
