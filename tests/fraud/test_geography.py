"""Where an address is: the vendored file, any other, our list of networks, and distances."""

import ipaddress
from datetime import UTC, datetime, timedelta

import maxminddb
import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from fraud import geography
from fraud.geography import checks, countries, metrics, networks
from fraud.services import whereabouts
from tests.fraud import places

BUILT = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def flat(settings, tmp_path):
    settings.GEOIP_DB = str(places.write(tmp_path / "flat.mmdb", places.FLAT))


@pytest.fixture
def nested(settings, tmp_path):
    settings.GEOIP_DB = str(places.write(tmp_path / "nested.mmdb", places.NESTED))


class TestLookUp:
    @pytest.mark.parametrize(
        ("address", "country", "network", "organisation"),
        [
            ("81.2.69.142", "GB", "", ""),
            (" 81.2.69.142 ", "GB", "", ""),
            ("::ffff:81.2.69.142", "GB", "", ""),
            ("2a02:c7d::1", "GB", "", ""),
            ("46.4.1.1", "DE", "hosting", "Hetzner"),
            ("185.220.100.250", "DE", "anonymiser", "Tor exit relays"),
            ("41.184.3.4", "NG", "hosting", "Hetzner"),
            ("1.1.1.1", "", "", ""),
            ("8.8.8.8", "", "", ""),
            ("9.9.9.9", "", "", ""),
        ],
    )
    @pytest.mark.usefixtures("flat")
    def test_reads_flat_records(self, address, country, network, organisation):
        assert geography.look_up(address) == geography.Connection(country, network, organisation)

    @pytest.mark.parametrize(
        ("address", "country", "network", "organisation"),
        [
            ("81.2.69.142", "GB", "", ""),
            ("41.184.3.4", "NG", "hosting", ""),
            ("8.8.8.8", "", "anonymiser", ""),
            ("9.9.9.9", "US", "hosting", "DigitalOcean"),
        ],
    )
    @pytest.mark.usefixtures("nested")
    def test_reads_nested_records(self, address, country, network, organisation):
        assert geography.look_up(address) == geography.Connection(country, network, organisation)

    @pytest.mark.parametrize(
        "address",
        ["", "unknown", "127.0.0.1", "::1", "10.1.2.3", "192.168.0.9", "172.16.0.1", "100.64.0.1",
         "169.254.1.1", "198.51.100.7", "224.0.0.1", "ff02::1", "fe80::1", "fd00::1", "0.0.0.0", "1.2.3"],
    )  # fmt: skip
    def test_knows_nothing_of_what_is_no_public_address(self, address):
        assert geography.look_up(address) == geography.Connection()

    @pytest.mark.parametrize(
        ("address", "country"),
        [("212.58.244.1", "GB"), ("2a02:c7f::1", "GB"), ("8.8.8.8", "US"), ("193.0.6.139", "NL")],
    )
    def test_reads_the_file_that_comes_with_the_code(self, address, country):
        assert geography.look_up(address).country == country

    @given(st.ip_addresses())
    def test_answers_for_any_address(self, address):
        country = geography.look_up(str(address)).country

        assert country == "" or (len(country) == 2 and country.isupper())

    def test_a_file_of_old_addresses_knows_nothing_of_new_ones(self, settings, tmp_path):
        old = {"81.2.69.0/24": {"country_code": "GB"}}
        settings.GEOIP_DB = str(places.write(tmp_path / "v4.mmdb", old, ip=4))

        assert geography.look_up("2a02:c7d::1") == geography.Connection()
        assert geography.look_up("81.2.69.1").country == "GB"

    def test_raises_without_a_file(self, settings, tmp_path):
        settings.GEOIP_DB = str(tmp_path / "none.mmdb")

        with pytest.raises(FileNotFoundError):
            geography.look_up("81.2.69.142")


class TestNetworks:
    def test_blocks_do_not_overlap(self):
        for version, ranges in networks._lists().items():
            assert ranges.starts, version
            assert all(
                end < start for end, start in zip(ranges.ends, ranges.starts[1:], strict=False)
            )

    def test_every_row_has_a_kind_and_a_holder(self):
        for name, network in networks._rows():
            assert network.kind in ("hosting", "anonymiser"), name
            assert network.holder, name
            assert name.startswith("AS") or ipaddress.ip_network(name)

    @pytest.mark.parametrize(
        ("address", "holder"),
        [
            ("46.3.255.255", None),
            ("46.4.0.0", "Hetzner"),
            ("46.4.255.255", "Hetzner"),
            ("46.5.0.0", None),
            ("0.0.0.0", None),
            ("255.255.255.255", None),
            ("2a01:4f8::1", "Hetzner"),
            ("::", None),
        ],
    )
    def test_finds_by_both_ends_of_a_block(self, address, holder):
        found = networks.of_address(ipaddress.ip_address(address))

        assert (found.holder if found else None) == holder


class TestCountries:
    @pytest.mark.parametrize(
        ("one", "other", "least", "most"),
        [
            ("GB", "GB", 0, 0),
            ("GB", "FR", 0, 0),
            ("GB", "US", 1500, 6000),
            ("GB", "AU", 10000, 15500),
            ("GB", "NG", 2500, 5500),
            ("NZ", "ES", 16000, 20000),
        ],
    )
    def test_are_apart_by_what_was_surely_covered(self, one, other, least, most):
        assert least <= geography.apart_km(one, other) <= most
        assert geography.apart_km(one, other) == geography.apart_km(other, one)

    def test_unknown_ones_are_no_distance_apart(self):
        assert geography.apart_km("GB", "ZZ") is None
        assert geography.apart_km("", "GB") is None

    @pytest.mark.parametrize(
        ("code", "name"),
        [("GB", "the United Kingdom"), ("FR", "France"), ("NL", "the Netherlands"), ("ZZ", "ZZ")],
    )
    def test_have_a_name_for_sentences(self, code, name):
        assert geography.country_name(code) == name

    def test_are_all_of_them(self):
        listed = countries._countries()

        assert len(listed) == 250
        for code, country in listed.items():
            assert len(code) == 2 and code.isupper(), code
            assert -90 <= country.latitude <= 90 and -180 <= country.longitude <= 180, code
            assert 10 <= country.radius_km < 5000, code


class TestSource:
    def test_names_whose_data_it_is(self, settings):
        settings.GEOIP_DB = ""

        source = geography.source(now=BUILT + timedelta(days=30))

        assert (source.name, source.attribution) == ("DB-IP", "IP Geolocation by DB-IP")
        assert source.attribution_url == "https://db-ip.com"
        assert not source.is_old

    @pytest.mark.parametrize(("days", "is_old"), [(269, False), (272, True), (1000, True)])
    def test_is_old_after_so_many_days(self, settings, days, is_old):
        settings.GEOIP_DB, settings.GEOIP_DAYS_MAX = "", 270

        assert geography.source(now=BUILT + timedelta(days=days)).is_old == is_old

    @pytest.mark.usefixtures("flat")
    def test_does_not_thank_others_for_another_file(self):
        source = geography.source(now=BUILT)

        assert (source.name, source.attribution_url) == ("tests", "")

    def test_tells_monitoring_when_it_was_built(self, settings, tmp_path):
        settings.GEOIP_DB = str(places.write(tmp_path / "other.mmdb", places.FLAT))

        geography.look_up("81.2.69.142")

        with maxminddb.open_database(settings.GEOIP_DB) as reader:
            assert metrics.built_at._value.get() == reader.metadata().build_epoch

    def test_is_nothing_to_the_desk_when_it_cannot_be_read(self, settings, tmp_path):
        settings.GEOIP_DB = str(tmp_path / "none.mmdb")

        assert whereabouts.source(now=BUILT) is None

    def test_is_shown_with_its_link(self, settings):
        settings.GEOIP_DB = ""
        source = geography.source(now=BUILT + timedelta(days=400))

        shown = render_to_string("fraud/_geography_source.html", {"source": source})

        assert '<a href="https://db-ip.com" rel="noopener">IP Geolocation by DB-IP</a>' in shown
        assert "days old: a country may be wrong" in shown


class TestChecks:
    def test_pass_on_a_fresh_file(self, settings):
        settings.GEOIP_DB, settings.GEOIP_DAYS_MAX = "", 100_000

        assert checks.country_data() == []

    def test_warn_of_an_old_one(self, settings):
        settings.GEOIP_DB, settings.GEOIP_DAYS_MAX = "", 0

        assert [each.id for each in checks.country_data()] == ["fraud.W021"]

    @pytest.mark.parametrize("content", [None, b"", b"nothing of the kind"])
    def test_refuse_what_cannot_be_read(self, settings, tmp_path, content):
        path = tmp_path / "broken.mmdb"
        if content is not None:
            path.write_bytes(content)
        settings.GEOIP_DB = str(path)

        assert [each.id for each in checks.country_data()] == ["fraud.E020"]
