"""Each signal by its table of cases: value, points and the evidence in words."""

import pytest

from fraud import risk_signals, scoring
from fraud.history import windows
from fraud.history.facts import Facts
from fraud.history.profile import Profile
from fraud.risk_signals import amount, email, velocity
from fraud.risk_signals import card as card_signal
from fraud.subject import CardFacts
from tests.fraud.builders import NOW, card, subject

SECOND = int(NOW.timestamp())


def tries(kind: str, hour: int, refused: int) -> Facts:
    profile = Profile(kind)
    profile.count(windows.TRIES, now=SECOND, times=hour)
    profile.count(windows.DECLINED, now=SECOND, times=refused)
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
            (3, 0, 4),
            (4, 0, 4),
            (5, 0, 8),
            (8, 0, 14),
            (500, 0, 20),
            (0, 3, 8),
            (3, 3, 12),
            (8, 5, 34),
            (500, 500, 40),
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
            (3, 1, "3 earlier tries in an hour with this email address"),
            (0, 0, "0 earlier tries in an hour with this email address"),
        ],
    )
    def test_says_what_it_saw(self, hour, refused, words):
        facts = tries("email", hour, refused)

        assert velocity.evidence("email_tries_1h", hour, subject(), facts) == words

    def test_counts_other_bookings(self):
        asked, seen = subject(), Profile("device")
        for booking in (*"abb", asked.booking_id):
            seen.observe_try(now=SECOND - 60, amount_minor=9600, keys={"booking": booking})
        facts = Facts(now=SECOND, keys={"booking": asked.booking_id}, profiles={"device": seen})

        values = velocity.values(asked, facts)

        assert values["device_booking_24h"] == 2
        assert velocity.evidence("device_booking_24h", 2, asked, facts) == (
            "2 other bookings in a day on this device"
        )

    def test_says_nothing_of_bookings_when_the_present_one_is_not_known(self):
        facts = Facts(now=SECOND, profiles={"device": Profile("device")})

        values = velocity.values(subject(), facts)

        assert values["device_tries_24h"] == 0
        assert values["device_booking_24h"] is None

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
        values = amount.values(subject(amount_minor=asked), course_paid(*paid))

        assert risk_signals.FACTORS["amount_course"].points.at(values["amount_course"]) == expected

    @pytest.mark.parametrize("paid", [(), (9600,), (9600,) * 4, (9600,) * 3])
    def test_says_nothing_on_few_payments(self, paid):
        assert (
            amount.values(subject(amount_minor=9_600_000), course_paid(*paid))["amount_course"]
            is None
        )

    def test_says_nothing_on_nothing_to_pay(self):
        assert (
            amount.values(subject(amount_minor=0), course_paid(*[9600] * 9))["amount_course"]
            is None
        )

    def test_says_what_is_usual(self):
        facts = course_paid(*[9600] * 20)

        words = amount.evidence("amount_course", 14.1, subject(amount_minor=115200), facts)

        assert words == ("£1,152.00 where £96.00 is usual for this course, over 20 payments")


class TestValuesOf:
    def test_leaves_the_bank_out_before_it_was_asked(self):
        asked = subject(card=CardFacts(risk_level="highest", cvc_check="fail"))

        names = set(risk_signals.values_of(asked, Facts()))

        assert names & {factor.name for factor in card_signal.FACTORS} == {"card_funding"}
        assert {"email_tries_1h", "disposable_email"} <= names

    def test_leaves_out_what_the_setting_leaves_out(self):
        found = risk_signals.values_of(subject(), Facts(), ("email",))

        assert list(found) == [factor.name for factor in email.FACTORS]

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
