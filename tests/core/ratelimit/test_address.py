"""Where a request comes from, with everything that a client may pretend."""

import pytest
from django.test import RequestFactory

from core.ratelimit.address import client_address, client_network


def request(peer: str, forwarded: str | None = None, **headers: str):
    extra = {"REMOTE_ADDR": peer, **headers}
    if forwarded is not None:
        extra["HTTP_X_FORWARDED_FOR"] = forwarded
    return RequestFactory().get("/", **extra)


class TestClientAddress:
    @pytest.mark.parametrize(
        ("proxies", "peer", "forwarded", "expected"),
        [
            (0, "203.0.113.9", None, "203.0.113.9"),
            (0, "203.0.113.9", "1.2.3.4", "203.0.113.9"),
            (1, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
            (1, "10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
            (1, "10.0.0.1", "1.1.1.1,2.2.2.2,3.3.3.3,203.0.113.9", "203.0.113.9"),
            (2, "10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
            (2, "10.0.0.1", "203.0.113.9", "10.0.0.1"),
            (1, "10.0.0.1", None, "10.0.0.1"),
            (1, "10.0.0.1", "", "10.0.0.1"),
            (1, "10.0.0.1", "unknown", "10.0.0.1"),
            (1, "10.0.0.1", "1.2.3.4, ", "10.0.0.1"),
            (1, "10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
            (1, "10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
            (1, "10.0.0.1", "2001:DB8:0:0::1", "2001:db8::1"),
            (1, "10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
            (0, "::ffff:203.0.113.9", None, "203.0.113.9"),
            (0, "", None, "0.0.0.0"),
            (0, "not an address", None, "0.0.0.0"),
        ],
    )
    def test_believes_only_our_own_proxies(self, settings, proxies, peer, forwarded, expected):
        settings.TRUSTED_PROXY_COUNT = proxies

        assert client_address(request(peer, forwarded)) == expected

    @pytest.mark.parametrize(
        "header", ["HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_CLIENT_IP", "HTTP_VIA"]
    )
    def test_reads_no_other_header(self, settings, header):
        settings.TRUSTED_PROXY_COUNT = 1

        assert client_address(request("10.0.0.1", **{header: "1.2.3.4"})) == "10.0.0.1"


class TestClientNetwork:
    @pytest.mark.parametrize(
        ("address", "network"),
        [
            ("203.0.113.9", "203.0.113.9"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("fe80::1%eth0", "fe80::/64"),
        ],
    )
    def test_takes_a_household_of_ipv6_as_one(self, address, network):
        assert client_network(request(address)) == network
