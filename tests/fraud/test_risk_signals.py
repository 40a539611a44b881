"""Each signal by its table of cases: value, points and the evidence in words."""

import pytest

from fraud import risk_signals, scoring
from fraud.history import windows
from fraud.history.facts import Facts
from fraud.history.profile import Profile
from fraud.risk_signals import amount, card_checks, disposable_email, velocity
from fraud.subject import CardFacts
from tests.fraud.builders import NOW, card, subject

SECOND = int(NOW.timestamp())


def tries(kind: str, hour: int, refused: int) -> Facts:
    profile = Profile(kind)
    windows.add(profile.rows, SECOND, windows.TRIES, hour)
    windows.add(profile.rows, SECOND, windows.DECLINED, refused)
    return Facts(now=SECOND, profiles={kind: profile})


def course_paid(*amounts: int) -> Facts:
    profile = Profile("course")
    profile.amounts = list(amounts)
    return Facts(now=SECOND, profiles={"course": profile})


def points(signal, asked, facts: Facts) -> float:
    values = signal.values(asked, facts)
    return sum(each.points.at(values[each.name]) for each in signal.FACTORS)


class TestVelocity:
    @pytest.mark.parametrize(
        ("hour", "refused", "expected"),
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
    def test_gives_a_mailbox_points_in_steps(self, hour, refused, expected):
        assert points(velocity, subject(), tries("email", hour, refused)) == expected

    @pytest.mark.parametrize(
        ("hour", "refused", "expected"),
        [(0, 0, 0), (9, 4, 0), (10, 0, 6), (20, 0, 12), (0, 5, 8), (0, 10, 18), (999, 999, 30)],
    )
    def test_gives_an_address_points_in_steps(self, hour, refused, expected):
        assert points(velocity, subject(), tries("address", hour, refused)) == expected

    def test_an_address_alone_never_reaches_review(self, settings):
        largest = sum(factor.points.largest() for factor in velocity.ADDRESS)

        assert scoring.SHIPPED.base + largest < settings.FRAUD_REVIEW_FROM

    @pytest.mark.parametrize(
        ("hour", "refused", "words"),
        [
            (3, 1, "3 earlier tries in an hour with this email address, 1 refused in a day"),
            (0, 0, "No earlier tries with this email address"),
        ],
    )
    def test_says_what_it_saw(self, hour, refused, words):
        facts = tries("email", hour, refused)

        assert velocity.evidence("email_tries_1h", hour, subject(), facts) == words

    def test_says_nothing_without_keys(self):
        assert set(velocity.values(subject(email=""), Facts()).values()) == {None}


class TestAmount:
    @pytest.mark.parametrize(
        ("paid", "asked", "expected"),
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
    def test_measures_against_the_usual(self, paid, asked, expected):
        assert points(amount, subject(amount_minor=asked), course_paid(*paid)) == expected

    @pytest.mark.parametrize("paid", [(), (9600,), (9600,) * 4, (9600,) * 3])
    def test_says_nothing_on_few_payments(self, paid):
        assert amount.values(subject(amount_minor=9_600_000), course_paid(*paid)) == {
            "amount": None
        }

    def test_says_nothing_on_nothing_to_pay(self):
        assert amount.values(subject(amount_minor=0), course_paid(*[9600] * 9)) == {"amount": None}

    def test_says_what_is_usual(self):
        facts = course_paid(*[9600] * 20)

        words = amount.evidence("amount", 14.1, subject(amount_minor=115200), facts)

        assert words == ("£1,152.00 where £96.00 is usual for this course, over 20 payments")


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
        asked = subject(email=email)

        assert points(disposable_email, asked, Facts()) == (30 if listed else 0)
        assert disposable_email.evidence("disposable_email", "", asked, Facts()).startswith(
            listed or "Not a throw-away"
        )

    @pytest.mark.parametrize("email", ["", "no-at-sign", "a@", "@"])
    def test_says_nothing_without_a_domain(self, email):
        assert disposable_email.values(subject(email=email), Facts()) == {"disposable_email": None}

    def test_lets_an_allowed_domain_pass(self, monkeypatch):
        monkeypatch.setattr(disposable_email, "allowlist", {"good.mailinator.com"})

        assert disposable_email.listed_as("x.good.mailinator.com") == ""
        assert disposable_email.listed_as("bad.mailinator.com") == "mailinator.com"


class TestCardChecks:
    @pytest.mark.parametrize(
        ("changes", "expected"),
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
    def test_gives_points_for_what_was_said(self, changes, expected):
        asked = subject(stage="after", card=card(**changes))

        assert points(card_checks, asked, Facts()) == expected

    def test_says_nothing_without_a_card(self):
        values = card_checks.values(subject(stage="after", card=None), Facts())

        assert set(values.values()) == {None}

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


class TestValuesOf:
    def test_leaves_the_bank_out_before_it_was_asked(self):
        asked = subject(card=CardFacts(risk_level="highest", cvc_check="fail"))

        names = set(risk_signals.values_of(asked, Facts()))

        assert not names & {factor.name for factor in card_checks.FACTORS}
        assert {"email_tries_1h", "disposable_email"} <= names

    def test_leaves_out_what_the_setting_leaves_out(self):
        found = risk_signals.values_of(subject(), Facts(), ("disposable_email",))

        assert list(found) == ["disposable_email"]

    def test_gives_equal_values_for_equal_input(self):
        asked = subject(stage="after", card=card(), payment_id="p")
        facts = tries("email", 4, 2)

        assert risk_signals.values_of(asked, facts) == risk_signals.values_of(asked, facts)


class TestEverySignal:
    def test_names_all_its_factors_and_no_others(self):
        for signal in risk_signals.SIGNALS.values():
            found = signal.values(subject(stage="after", card=card()), Facts())

            assert set(found) == {factor.name for factor in signal.FACTORS}

    def test_no_two_factors_share_a_name(self):
        names = [
            factor.name for signal in risk_signals.SIGNALS.values() for factor in signal.FACTORS
        ]

        assert len(names) == len(set(names))

    def test_what_is_not_known_never_costs_points(self):
        assert all(factor.missing <= 0 for factor in risk_signals.FACTORS.values())
