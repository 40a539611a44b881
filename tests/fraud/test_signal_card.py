"""The card's own factors: what it is, and what the bank and Stripe said of it."""

import pytest

from fraud import risk_signals, scoring
from fraud.history.facts import Facts
from fraud.risk_signals import card as card_signal
from fraud.subject import CardFacts
from tests.fraud.builders import card, subject
from tests.fraud.test_risk_signals import points


class TestValues:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({}, 0),
            ({"risk_level": "elevated"}, 45),
            ({"risk_level": "highest"}, 60),
            ({"risk_level": "not_assessed", "risk_score": None}, 0),
            ({"risk_level": "", "risk_score": None}, 0),
            ({"risk_level": "", "risk_score": 12}, 0),
            ({"risk_level": "", "risk_score": 64}, 0),
            ({"risk_level": "", "risk_score": 65}, 45),
            ({"risk_level": "unknown", "risk_score": 75}, 60),
            ({"risk_level": "normal", "risk_score": 90}, 0),
            ({"cvc_check": "fail"}, 20),
            ({"cvc_check": "unavailable"}, 0),
            ({"cvc_check": "unchecked"}, 0),
            ({"postcode_check": "fail"}, 10),
            ({"postcode_check": "unchecked"}, 0),
            ({"three_d_secure": "authenticated"}, -8),
            ({"three_d_secure": "attempt_acknowledged"}, 0),
            ({"funding": "prepaid"}, 6),
            ({"funding": "credit"}, 0),
            ({"funding": "unknown"}, 0),
            ({"risk_level": "highest", "cvc_check": "fail", "postcode_check": "fail"}, 90),
        ],
    )
    def test_gives_points_for_what_was_said(self, changes, expected):
        asked = subject(stage="after", card=card(**changes))

        assert points(card_signal, asked, Facts()) == expected

    def test_says_nothing_without_a_card(self):
        values = card_signal.values(subject(stage="after", card=None), Facts())

        assert set(values.values()) == {None}

    def test_takes_no_answer_for_no_answer(self):
        said = card(cvc_check="unavailable", postcode_check="unchecked", funding="unknown")

        values = card_signal.values(subject(stage="after", card=said), Facts())

        assert values["cvc_check"] is values["postcode_check"] is values["card_funding"] is None

    def test_knows_only_the_kind_of_card_before_the_bank_was_asked(self):
        asked = subject(card=CardFacts(funding="prepaid", risk_level="highest", cvc_check="fail"))

        assert card_signal.values(asked, Facts()) == {"card_funding": "prepaid"}

    @pytest.mark.parametrize("three_d_secure", ["", "authenticated"])
    def test_elevated_risk_alone_is_for_a_person(self, three_d_secure):
        asked = subject(
            stage="after", card=card(risk_level="elevated", three_d_secure=three_d_secure)
        )
        thresholds = scoring.Thresholds(25, 40, 80)

        score = scoring.score(
            risk_signals.values_of(asked, Facts()),
            scoring.SHIPPED,
            thresholds,
            evidence=lambda name, value: risk_signals.evidence_of(name, value, asked, Facts()),
        )

        assert score.band == "medium"


class TestEvidence:
    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("radar", "elevated", "Stripe calls the risk of this payment elevated (71 of 100)"),
            ("cvc_check", "fail", "The security code was wrong"),
            ("postcode_check", "fail", "The bank has another postcode for this card"),
            ("three_d_secure", "attempt_acknowledged", "The bank’s answer: attempt_acknowledged"),
            ("card_funding", "prepaid", "A prepaid card: it can be bought without a name"),
            ("card_funding", "debit", "A debit card"),
            ("cvc_check", None, "Not known"),
        ],
    )
    def test_says_it_in_plain_words(self, name, value, words):
        asked = subject(stage="after", card=card(risk_score=71))

        assert card_signal.evidence(name, value, asked, Facts()) == words
