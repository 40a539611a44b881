"""Where things are: disagreeing countries, rented machines, journeys that nobody makes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud.history.facts import Facts, Geo
from fraud.history.profile import Own, Profile
from fraud.risk_signals import geography
from fraud.selectors_facts import place_of
from fraud.services import outcomes
from tests.fraud.builders import NOW, card, subject
from tests.fraud.test_risk_signals import points

SECOND = int(NOW.timestamp())
COUNTRIES = st.sampled_from(["", "GB", "FR", "US", "NG", "zz"])


def here(country: str = "", network: str = "", organisation: str = "") -> Facts:
    return Facts(now=SECOND, geo=Geo(country, network, organisation))


def seen(kind: str, country: str, minutes_ago: int, now_in: str = "GB", **geo: str) -> Facts:
    profile = Profile(kind)
    at = SECOND - minutes_ago * 60
    profile.observe_try(now=at, amount_minor=9600, keys={}, country=country)
    return Facts(now=SECOND, profiles={kind: profile}, geo=Geo(now_in, **geo))


def asked(connection: str, card_country: str, billing: str, venue: str = "GB"):
    return (
        subject(card=card(country=card_country), billing_country=billing, venue_country=venue),
        here(connection),
    )


class TestCountriesApart:
    @pytest.mark.parametrize(
        ("connection", "card_country", "billing", "venue", "pairs", "expected"),
        [
            ("GB", "GB", "GB", "GB", 0, 0),
            ("", "GB", "GB", "GB", 0, 0),
            ("", "", "", "GB", None, 0),
            ("", "FR", "", "GB", 1, 1),
            ("GB", "FR", "GB", "GB", 3, 4),
            ("US", "GB", "GB", "GB", 3, 4),
            ("FR", "FR", "FR", "GB", 3, 4),
            ("FR", "FR", "GB", "GB", 4, 8),
            ("NG", "US", "GB", "GB", 5, 12),
            ("NG", "US", "FR", "GB", 6, 12),
            ("gb", "GB", "gb", "GB", 0, 0),
            ("ZZ", "T1", "GB", "GB", 0, 0),
        ],
    )
    def test_counts_pairs_that_disagree(
        self, connection, card_country, billing, venue, pairs, expected
    ):
        one, facts = asked(connection, card_country, billing, venue)

        assert geography.values(one, facts)["countries_apart"] == pairs
        assert points(geography, one, facts) == expected

    @given(COUNTRIES, COUNTRIES, COUNTRIES, COUNTRIES)
    def test_what_is_not_known_disagrees_with_nobody(
        self, connection, card_country, billing, venue
    ):
        one, facts = asked(connection, card_country, billing, venue)
        without, _ = asked(connection, "", billing, venue)

        with_card = geography.values(one, facts)["countries_apart"] or 0
        assert with_card >= (geography.values(without, facts)["countries_apart"] or 0)

    def test_says_where_each_is(self):
        one, facts = asked("NG", "US", "GB")

        words = geography.evidence("countries_apart", 5, one, facts)

        assert words == (
            "The connection is in Nigeria, the card is from the United States, the billing address is in "
            "the United Kingdom, the course is in the United Kingdom"
        )

    def test_says_so_when_all_agree(self):
        one, facts = asked("GB", "GB", "GB")

        words = geography.evidence("countries_apart", 0, one, facts)

        assert words == "Everything is in the United Kingdom"

    def test_a_rented_machine_says_nothing_of_its_users_country(self):
        one, _ = asked("US", "GB", "GB")

        assert geography.values(one, here("US", "hosting"))["countries_apart"] == 0


class TestNetwork:
    @pytest.mark.parametrize(
        ("network", "value", "expected"),
        [("", None, 0), ("hosting", "hosting", 8), ("anonymiser", "anonymiser", 15)],
    )
    def test_unknown_is_neutral(self, network, value, expected):
        facts = here("GB", network)

        assert geography.values(subject(), facts)["network"] == value
        assert points(geography, subject(), facts) == expected

    def test_says_whose_machine_it_is(self):
        words = geography.evidence(
            "network", "hosting", subject(), here("GB", "hosting", "Hetzner")
        )

        assert (
            words == "The connection comes from a data centre (Hetzner), not from a home or office"
        )

    def test_says_when_it_hides(self):
        words = geography.evidence("network", "anonymiser", subject(), here("GB", "anonymiser"))

        assert words == "The connection hides where it comes from"


class TestImpossibleTravel:
    @pytest.mark.parametrize(
        ("country", "minutes_ago", "impossible"),
        [
            ("GB", 1, False),
            ("FR", 1, False),  # one coast sees the other
            ("IE", 1, False),
            ("AU", 60, True),
            ("AU", 60 * 24, False),
            ("NG", 60, True),
            ("NG", 60 * 5, False),
            ("US", 30, True),
            ("US", 60 * 6, False),
            ("ZZ", 1, False),
        ],
    )
    @pytest.mark.parametrize("kind", ["customer", "email", "device"])
    def test_is_faster_than_any_aeroplane(self, kind, country, minutes_ago, impossible):
        facts = seen(kind, country, minutes_ago)

        speed = geography.values(subject(), facts)["impossible_travel"]

        assert ((speed or 0) >= 1000) == impossible
        assert points(geography, subject(), facts) == (14 if impossible else 0)

    def test_is_not_known_without_an_earlier_place(self):
        facts = Facts(now=SECOND, profiles={"device": Profile("device")}, geo=Geo("GB"))

        assert geography.values(subject(), facts)["impossible_travel"] is None

    @pytest.mark.parametrize("network", ["hosting", "anonymiser"])
    def test_is_not_known_behind_a_rented_machine(self, network):
        facts = seen("device", "AU", 10, network=network)

        assert geography.values(subject(), facts)["impossible_travel"] is None

    def test_leaves_the_present_payment_out(self):
        profile = Profile("device")
        profile.observe_try(now=SECOND - 60, amount_minor=9600, keys={}, country="AU")
        own = Own(happened=(("attempt", SECOND - 60),))
        facts = Facts(now=SECOND, profiles={"device": profile}, geo=Geo("GB"), own=own)

        assert geography.values(subject(), facts)["impossible_travel"] is None

    def test_never_divides_by_no_time_at_all(self):
        speed = geography.values(subject(), seen("device", "AU", 0))["impossible_travel"]

        assert speed == geography.values(subject(), seen("device", "AU", 1))["impossible_travel"]

    @given(st.integers(min_value=1, max_value=10_000), st.integers(min_value=0, max_value=10_000))
    def test_more_time_never_makes_it_worse(self, minutes, more):
        sooner = geography.values(subject(), seen("device", "AU", minutes))["impossible_travel"]
        later = geography.values(subject(), seen("device", "AU", minutes + more))

        assert later["impossible_travel"] <= sooner

    def test_says_who_was_where(self):
        facts = seen("device", "NG", 30)
        speed = geography.values(subject(), facts)["impossible_travel"]

        words = geography.evidence("impossible_travel", speed, subject(), facts)

        assert words.startswith(
            "This device was in Nigeria 30 minutes before this try from the United Kingdom"
        )
        assert words.endswith("km an hour")

    def test_says_when_it_was_near_enough(self):
        facts = seen("customer", "FR", 30)

        words = geography.evidence("impossible_travel", 0, subject(), facts)

        assert words == "This customer was last seen in France, which is near enough"


class TestWhereabouts:
    @pytest.mark.parametrize(
        ("network", "country"), [("", "GB"), ("hosting", ""), ("anonymiser", "")]
    )
    def test_a_rented_machine_is_no_place_to_have_been(self, network, country):
        assert Geo("GB", network).whereabouts == country


@pytest.mark.django_db
class TestARememberedTry:
    def test_has_its_country(self):
        one = subject(address="81.2.69.142")

        outcome = outcomes.record(payment_id=one.payment_id, kind="attempt", subject=one, now=NOW)

        assert outcome.country == "GB"

    def test_is_not_where_a_rented_machine_is(self):
        one = subject(address="46.4.1.1")

        outcome = outcomes.record(payment_id=one.payment_id, kind="attempt", subject=one, now=NOW)

        assert outcome.country == ""

    def test_is_remembered_without_a_map(self, settings, tmp_path):
        broken = tmp_path / "broken.mmdb"
        broken.write_bytes(b"nothing of the kind")
        settings.GEOIP_DB = str(broken)
        place_of.cache_clear()
        one = subject(address="81.2.69.142")

        outcome = outcomes.record(payment_id=one.payment_id, kind="attempt", subject=one, now=NOW)

        assert outcome.country == ""
