"""The hour, the weekday, and how soon the course begins."""

from datetime import timedelta

import pytest

from fraud import scoring
from fraud.history.facts import Facts
from fraud.history.profile import Profile
from fraud.risk_signals import timing
from tests.fraud.builders import NOW, subject
from tests.fraud.test_risk_signals import points

SECOND = int(NOW.timestamp())  # a Monday, 9.00


def habits(kind: str, counts: dict[str, int]) -> Facts:
    profile = Profile(kind)
    profile.habits = counts
    hours = sum(count for name, count in counts.items() if name.startswith("h"))
    profile.total[3] = hours or sum(counts.values())
    return Facts(now=SECOND, profiles={kind: profile})


class TestHoursToStart:
    @pytest.mark.parametrize(
        ("minutes", "hours", "expected"),
        [
            (-30, 0, 8),
            (0, 0, 8),
            (59, 0, 8),
            (60, 1, 6),
            (23 * 60, 23, 6),
            (24 * 60, 24, 3),
            (71 * 60, 71, 3),
            (72 * 60, 72, 0),
            (60 * 24 * 60, 1440, 0),
        ],
    )
    def test_sooner_weighs_more(self, minutes, hours, expected):
        asked = subject(starts_at=NOW + timedelta(minutes=minutes))
        facts = Facts(now=SECOND)

        assert timing.values(asked, facts)["hours_to_start"] == hours
        assert points(timing, asked, facts) == expected

    def test_is_not_known_without_a_beginning(self):
        assert timing.values(subject(starts_at=None), Facts(now=SECOND))["hours_to_start"] is None

    @pytest.mark.parametrize(
        ("hours", "words"),
        [
            (0, "The course starts within the hour"),
            (1, "The course starts in 1 hour"),
            (26, "The course starts in 26 hours"),
            (200, "The course starts in 8 days"),
        ],
    )
    def test_says_when(self, hours, words):
        assert timing.evidence("hours_to_start", hours, subject(), Facts(now=SECOND)) == words


class TestOwnHour:
    @pytest.mark.parametrize(
        ("counts", "value"),
        [
            ({"h9": 8}, "usual"),
            ({"h11": 8}, "usual"),
            ({"h7": 1, "h20": 7}, "usual"),
            ({"h12": 8}, "unusual"),
            ({"h22": 20}, "unusual"),
            ({"h22": 7}, None),
            ({}, None),
        ],
    )
    @pytest.mark.parametrize("kind", ["customer", "email"])
    def test_compares_with_what_the_customer_did(self, kind, counts, value):
        assert timing.values(subject(), habits(kind, counts))["hour_own"] == value

    @pytest.mark.parametrize(
        ("counts", "value"),
        [({"d0": 8}, "usual"), ({"d1": 8}, "unusual"), ({"d1": 7}, None)],
    )
    def test_knows_the_weekday_too(self, counts, value):
        assert timing.values(subject(), habits("customer", counts))["weekday_own"] == value

    def test_asks_the_mailbox_when_the_customer_is_new(self):
        facts = habits("email", {"h22": 9})
        both = Facts(now=SECOND, profiles={**facts.profiles, "customer": Profile("customer")})

        assert timing.values(subject(), both)["hour_own"] == "unusual"

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            (
                "hour_own",
                "unusual",
                "Booked at about 09:00 UTC, unlike this customer’s earlier payments",
            ),
            ("weekday_own", "usual", "Booked on a Monday, like this customer’s earlier payments"),
            ("hour_own", None, "Too little is known to compare"),
        ],
    )
    def test_says_so(self, name, value, words):
        assert timing.evidence(name, value, subject(), Facts(now=SECOND)) == words

    def test_wraps_around_midnight(self):
        profile = habits("customer", {"h23": 9}).profiles["customer"]
        at_one = Facts(now=SECOND + 16 * 3600, profiles={"customer": profile})

        assert timing.values(subject(), at_one)["hour_own"] == "usual"


class TestSitesPattern:
    @pytest.mark.parametrize(
        ("counts", "hour_points"),
        [
            ({"h9": 100, "h10": 900}, 0),
            ({"h9": 0, "h10": 1000}, 3),
            ({"h9": 8, "h10": 992}, 1),
            ({"h9": 1, "h10": 999}, 3),
            ({"h10": 199}, 0),
        ],
    )
    def test_knows_the_hours_at_which_nobody_books(self, counts, hour_points):
        facts = habits("site", counts)
        factor = next(each for each in timing.FACTORS if each.name == "hour_site")

        assert factor.points.at(timing.values(subject(), facts)["hour_site"]) == hour_points

    @pytest.mark.parametrize(("mondays", "expected"), [(0, 2), (10, 2), (300, 0)])
    def test_knows_the_days_on_which_nobody_books(self, mondays, expected):
        facts = habits("site", {"d0": mondays, "d2": 1000 - mondays})

        factor = next(each for each in timing.FACTORS if each.name == "weekday_site")

        assert factor.points.at(timing.values(subject(), facts)["weekday_site"]) == expected

    def test_says_how_rare_it_is(self):
        facts = habits("site", {"h9": 8, "h10": 992})

        words = timing.evidence("hour_site", 0.008, subject(), facts)

        assert words == "0.8% of all payments are made at about 09:00 UTC"

    def test_all_of_it_together_asks_for_nothing(self, settings):
        worst = sum(factor.points.largest() for factor in timing.FACTORS)

        assert scoring.SHIPPED.base + worst < settings.FRAUD_3DS_FROM
