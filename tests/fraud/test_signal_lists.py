"""The lists in the score: who stops, who asks for a person, who lets through, and in which order."""

import pytest

from fraud.history.facts import Facts, ListHit
from fraud.risk_signals import FACTORS, lists
from fraud.scoring import SHIPPED, Thresholds, score
from tests.fraud.builders import subject

LIMITS = Thresholds(25, 40, 80)
STOP = ListHit("card", "block", "person", "Stolen")
STOP_MANY = ListHit("connection", "block", "person", "Bots")
CHECK = ListHit("device", "review", "person", "Odd")
AUTOMATIC = ListHit("email", "review", "automatic", "Disputed as fraud")
LET = ListHit("email", "allow", "person", "Our largest customer")


def scored(*hits: ListHit, more: float = 0):
    facts = Facts(list_hits=hits)
    found = lists.values(subject(), facts)
    return score(
        {**found, "cvc_check": "fail", "radar": "highest"} if more else found,
        SHIPPED,
        LIMITS,
        evidence=lambda name, value: name,
        factors=FACTORS,
    )


class TestEffect:
    @pytest.mark.parametrize(
        ("hits", "effect"),
        [
            ((), "none"),
            ((STOP,), "block"),
            ((STOP_MANY,), "block"),
            ((CHECK,), "review"),
            ((AUTOMATIC,), "review"),
            ((LET,), "allow"),
            ((AUTOMATIC, STOP), "block"),
            ((LET, AUTOMATIC), "allow"),
            ((LET, CHECK), "allow"),
            # The address is typed by whoever pays: it opens no way for a stolen card,
            ((LET, STOP), "block"),
            # but one colleague may pass where the whole network may not.
            ((LET, STOP_MANY), "allow"),
        ],
    )
    def test_is_decided_by_all_hits_in_any_order(self, hits, effect):
        for order in (hits, tuple(reversed(hits))):
            assert lists.values(subject(), Facts(list_hits=order)) == {"list": effect}

    def test_lists_that_could_not_be_read_are_unknown(self):
        facts = Facts(unknown=frozenset({"lists"}))

        assert lists.values(subject(), facts) == {"list": None}
        assert lists.evidence("list", None, subject(), facts) == "The lists could not be read"


class TestScore:
    def test_a_persons_entry_stops(self):
        assert (scored(STOP).score, scored(STOP).band) == (100, "high")

    def test_an_automatic_entry_asks_for_a_person_at_most(self):
        assert (scored(AUTOMATIC).score, scored(AUTOMATIC).band) == (40, "medium")

    def test_what_is_let_through_stays_under_every_band(self):
        found = scored(LET, more=1)

        assert (found.score, found.band, found.three_d_secure) == (0, "low", False)

    def test_points_sum_to_the_score(self):
        for hits in ((STOP,), (AUTOMATIC,), (LET,), ()):
            found = scored(*hits, more=1)
            assert round(sum(reading.points for reading in found.readings), 1) == found.score


class TestEvidence:
    @pytest.mark.parametrize(
        ("hits", "words"),
        [
            ((STOP,), "Somebody put this card on the blacklist: Stolen"),
            ((AUTOMATIC,), "This email address is on the list to be checked: Disputed as fraud"),
            ((LET,), "Somebody said to let this email address through: Our largest customer"),
            ((STOP, AUTOMATIC), "Somebody put this card on the blacklist: Stolen, and 1 more"),
            ((), "On none of the lists"),
        ],
    )
    def test_says_who_said_what(self, hits, words):
        facts = Facts(list_hits=hits)
        value = lists.values(subject(), facts)["list"]

        assert lists.evidence("list", value, subject(), facts) == words
