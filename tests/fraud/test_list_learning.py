"""What a confirmed fraud teaches the lists: to ask a person, for a while."""

from datetime import timedelta

import pytest

from core.ids import uuid7
from fraud.models import BlacklistEntry
from fraud.services import assessments, list_learning, outcomes, reviews
from tests.fraud.builders import NOW, card, subject
from tests.fraud.listing import CARD, listed

pytestmark = pytest.mark.django_db


@pytest.fixture
def stolen():
    return assessments.assess(
        subject=subject(card=card(fingerprint=CARD), email="bad.buyer@example.org"), now=NOW
    )


class TestLearn:
    @pytest.mark.parametrize("why", list_learning.WHY)
    def test_holds_card_device_and_email_for_a_person(self, stolen, why):
        made = list_learning.learn(payment_id=stolen.payment_id, why=why, now=NOW)

        assert [entry.kind for entry in made] == ["card", "device", "email"]
        assert {(each.effect, each.source, each.author) for each in made} == {
            ("review", "automatic", "system")
        }
        assert {each.until for each in made} == {NOW + timedelta(days=90)}

    def test_told_again_adds_nothing(self, stolen):
        list_learning.learn(payment_id=stolen.payment_id, why="disputed", now=NOW)

        assert list_learning.learn(payment_id=stolen.payment_id, why="disputed", now=NOW) == []
        assert BlacklistEntry.objects.count() == 3

    def test_what_a_person_said_stays(self, stolen):
        own = listed("card", CARD, effect="allow")

        list_learning.learn(payment_id=stolen.payment_id, why="disputed", now=NOW)

        kept = BlacklistEntry.objects.kept().get(kind="card")
        assert (kept.pk, kept.effect) == (own.pk, "allow")

    def test_of_a_payment_never_judged_nothing_is_known(self):
        assert list_learning.learn(payment_id=uuid7(), why="disputed", now=NOW) == []


class TestWhoTeaches:
    @pytest.mark.parametrize("kind", ["disputed", "warned", "refunded_as_fraud"])
    def test_a_confirmed_fraud_does(self, stolen, kind):
        outcomes.record(payment_id=stolen.payment_id, kind=kind, now=NOW)
        outcomes.record(payment_id=stolen.payment_id, kind=kind, now=NOW)

        assert BlacklistEntry.objects.filter(source="automatic").count() == 3

    @pytest.mark.parametrize("kind", ["declined", "succeeded", "blocked"])
    def test_what_is_no_proof_does_not(self, stolen, kind):
        outcomes.record(payment_id=stolen.payment_id, kind=kind, now=NOW)

        assert not BlacklistEntry.objects.exists()

    @pytest.mark.parametrize(
        ("decision", "reason", "entries"),
        [
            ("decline", "stolen_or_tested_card", 3),
            ("decline", "not_confirmed", 0),
            ("approve", "spoke_to_customer", 0),
        ],
    )
    def test_a_person_who_declines_a_stolen_card_does(self, stolen, decision, reason, entries):
        case = reviews.open(
            payment_id=stolen.payment_id,
            assessment_id=stolen.pk,
            booking_reference="RFT-7KQ9TC",
            amount_minor=9600,
            promise_at=NOW + timedelta(hours=5),
            hard_limit_at=NOW + timedelta(hours=9),
            now=NOW,
        )

        reviews.decide(case_id=case.pk, decision=decision, reason=reason, actor="staff:1", now=NOW)

        assert BlacklistEntry.objects.count() == entries

    def test_the_next_payment_with_the_card_is_held_for_a_person(self, stolen):
        outcomes.record(payment_id=stolen.payment_id, kind="disputed", now=NOW)

        again = assessments.assess(
            subject=subject(stage="after", card=card(fingerprint=CARD)), now=NOW
        )

        assert again.band == "medium"
