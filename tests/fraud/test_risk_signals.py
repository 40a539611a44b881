"""Each signal by its table of cases: value, points and the evidence in words."""

import pytest

from fraud import risk_signals, scoring
from fraud.risk_signals import (
    amount,
    card_checks,
    disposable_email,
    velocity_address,
    velocity_email,
)
from fraud.subject import CardFacts, Facts, Tries
from tests.fraud.builders import card, subject


def tries(kind: str, hour: int, refused: int) -> Facts:
    return Facts(tries={kind: Tries(tries_hour=hour, refused_day=refused)})


class TestVelocityEmail:
    @pytest.mark.parametrize(
        ("hour", "refused", "points"),
        [
            (0, 0, 0),
            (2, 2, 0),
            (3, 0, 8),
            (4, 0, 8),
            (5, 0, 22),
            (8, 0, 35),
            (500, 0, 35),
            (0, 3, 8),
            (3, 3, 16),
            (8, 5, 55),
            (500, 500, 55),
        ],
    )
    def test_gives_points_in_steps(self, hour, refused, points):
        (reading,) = velocity_email.read(subject(), tries("email", hour, refused))

        assert reading.points == points

    def test_says_what_it_saw(self):
        (reading,) = velocity_email.read(subject(), tries("email", 3, 1))

        assert reading.value == {"tries_hour": 3, "refused_day": 1}
        assert reading.evidence == (
            "3 earlier tries in an hour with this email address, 1 refused in a day"
        )

    def test_says_that_there_were_none(self):
        (reading,) = velocity_email.read(subject(), tries("email", 0, 0))

        assert reading.evidence == "No earlier tries with this email address"

    def test_says_nothing_without_an_address(self):
        (reading,) = velocity_email.read(subject(email=""), Facts())

        assert (reading.value, reading.points) == (None, 0)


class TestVelocityAddress:
    @pytest.mark.parametrize(
        ("hour", "refused", "points"),
        [(0, 0, 0), (9, 4, 0), (10, 0, 6), (20, 0, 12), (0, 5, 8), (0, 10, 18), (999, 999, 30)],
    )
    def test_gives_points_in_steps(self, hour, refused, points):
        (reading,) = velocity_address.read(subject(), tries("address", hour, refused))

        assert reading.points == points

    def test_alone_never_reaches_review(self, settings):
        assert velocity_address.LARGEST == 30
        assert scoring.BASE + velocity_address.LARGEST < settings.FRAUD_REVIEW_FROM

    def test_says_nothing_without_an_address(self):
        (reading,) = velocity_address.read(subject(address="not an address"), Facts())

        assert (reading.value, reading.points) == (None, 0)


class TestAmount:
    @pytest.mark.parametrize(
        ("paid", "asked", "points"),
        [
            ([9600] * 20, 9600, 0),
            ([9600] * 20, 19200, 0),
            ([9600] * 20, 28800, 0),
            ([9600] * 20, 3 * 9600 + 1, 0),
            ([9600] * 20, 48000, 10),
            ([9600] * 20, 6 * 9600, 18),
            ([9600] * 20, 12 * 9600, 25),
            ([9600] * 20, 100, 0),
            ([9600] * 19 + [9_600_000], 12 * 9600, 25),
            ([9600, 19200, 28800, 48000, 96000] * 4, 12 * 9600, 0),
            ([9600, 9600, 19200, 19200, 28800], 12 * 9600, 0),
        ],
    )
    def test_measures_against_the_usual(self, paid, asked, points):
        (reading,) = amount.read(subject(amount_minor=asked), Facts(course_amounts=tuple(paid)))

        assert reading.points == points

    @pytest.mark.parametrize("paid", [(), (9600,), (9600,) * 4, (0,) * 10])
    def test_says_nothing_on_few_payments(self, paid):
        (reading,) = amount.read(subject(amount_minor=9_600_000), Facts(course_amounts=paid))

        assert (reading.value, reading.points) == (None, 0)
        assert "too few" in reading.evidence

    def test_says_nothing_on_nothing_to_pay(self):
        (reading,) = amount.read(subject(amount_minor=0), Facts(course_amounts=(9600,) * 9))

        assert (reading.value, reading.points) == (None, 0)

    def test_says_what_is_usual(self):
        facts = Facts(course_amounts=(9600,) * 20)

        (reading,) = amount.read(subject(amount_minor=115200), facts)

        assert reading.evidence == (
            "£1,152.00 where £96.00 is usual for this course, over 20 payments"
        )


class TestDisposableEmail:
    @pytest.mark.parametrize(
        ("email", "listed"),
        [
            ("a@mailinator.com", "mailinator.com"),
            ("a@MAILINATOR.com", "mailinator.com"),
            ("a@mailinator.com.", "mailinator.com"),
            ("a@x.y.mailinator.com", "mailinator.com"),
            ("a@mymailinator.com.example", ""),
            ("a@mailinator.com.example.org", ""),
            ("a@gmail.com", ""),
            ("a@bücher.example", ""),
            ("a@localhost", ""),
            ("a@com", ""),
            ("a@" + "x" * 80 + ".mailinator.com", "mailinator.com"),
        ],
    )
    def test_finds_the_listed_domain(self, email, listed):
        (reading,) = disposable_email.read(subject(email=email), Facts())

        assert reading.value == listed
        assert reading.points == (30 if listed else 0)

    @pytest.mark.parametrize("email", ["", "no-at-sign", "a@", "@"])
    def test_says_nothing_without_a_domain(self, email):
        (reading,) = disposable_email.read(subject(email=email), Facts())

        assert (reading.value, reading.points) == (None, 0)

    def test_lets_an_allowed_domain_pass(self, monkeypatch):
        monkeypatch.setattr(disposable_email, "allowlist", {"good.mailinator.com"})

        assert disposable_email.listed_as("x.good.mailinator.com") == ""
        assert disposable_email.listed_as("bad.mailinator.com") == "mailinator.com"


class TestCardChecks:
    @pytest.mark.parametrize(
        ("changes", "points"),
        [
            ({}, 0),
            ({"risk_level": "elevated"}, 45),
            ({"risk_level": "highest"}, 60),
            ({"risk_level": "not_assessed"}, 0),
            ({"risk_level": ""}, 0),
            ({"cvc_check": "fail"}, 20),
            ({"cvc_check": "unavailable"}, 0),
            ({"postcode_check": "fail"}, 10),
            ({"postcode_check": "unchecked"}, 0),
            ({"three_d_secure": "authenticated"}, -8),
            ({"three_d_secure": "attempt_acknowledged"}, 0),
            ({"risk_level": "highest", "cvc_check": "fail", "postcode_check": "fail"}, 90),
        ],
    )
    def test_gives_points_for_what_was_said(self, changes, points):
        readings = card_checks.read(subject(stage="after", card=card(**changes)), Facts())

        assert sum(reading.points for reading in readings) == points

    def test_says_nothing_without_a_card(self):
        (reading,) = card_checks.read(subject(stage="after", card=None), Facts())

        assert (reading.value, reading.points) == (None, 0)

    @pytest.mark.parametrize("three_d_secure", ["", "authenticated"])
    def test_elevated_risk_alone_is_for_a_person(self, three_d_secure):
        asked = subject(
            stage="after", card=card(risk_level="elevated", three_d_secure=three_d_secure)
        )
        thresholds = scoring.Thresholds(25, 40, 80)

        score = scoring.score(risk_signals.read_all(asked, Facts()), thresholds)

        assert score.band == "medium"


class TestReadAll:
    def test_leaves_the_bank_out_before_it_was_asked(self):
        asked = subject(card=CardFacts(risk_level="highest", cvc_check="fail"))

        names = [reading.signal for reading in risk_signals.read_all(asked, Facts())]

        assert names == ["velocity_email", "velocity_address", "amount", "disposable_email"]

    def test_gives_equal_readings_for_equal_input(self):
        asked = subject(stage="after", card=card(), payment_id="p")
        facts = Facts(tries={"email": Tries(4, 2)}, course_amounts=(9600, 19200) * 9)

        assert risk_signals.read_all(asked, facts) == risk_signals.read_all(asked, facts)
