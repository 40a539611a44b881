"""Keys: one form for what is the same, digests only, none for what is missing."""

import pytest

from fraud import subject as subjects
from tests.fraud.builders import card, subject


class TestNormalEmail:
    @pytest.mark.parametrize(
        ("typed", "normal"),
        [
            ("Ann@Example.org", "ann@example.org"),
            (" ann@example.org. ", "ann@example.org"),
            ("ann+shop@example.org", "ann@example.org"),
            ("a.n.n@gmail.com", "ann@gmail.com"),
            ("a.nn+x@googlemail.com", "ann@gmail.com"),
            ("a.n.n@example.org", "a.n.n@example.org"),
            ("ann-shop@yahoo.co.uk", "ann@yahoo.co.uk"),
            ("ann@proton.me", "ann@protonmail.com"),
            ("+@example.org", "+@example.org"),
            ("", ""),
            ("no-at-sign", ""),
            ("@example.org", ""),
        ],
    )
    def test_gives_one_form(self, typed, normal):
        assert subjects.normal_email(typed) == normal


class TestNormalAddress:
    @pytest.mark.parametrize(
        ("address", "normal"),
        [
            ("198.51.100.7", "198.51.100.7"),
            (" 198.51.100.7 ", "198.51.100.7"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
            ("", ""),
            ("unknown", ""),
        ],
    )
    def test_gives_one_form(self, address, normal):
        assert subjects.normal_address(address) == normal


class TestKeys:
    def test_are_digests_without_anything_plain(self):
        keys = subjects.keys(subject(card=card()))

        assert set(keys) >= {"address", "card", "device", "email", "domain", "course"}
        assert all(len(key) == 64 and set(key) <= set("0123456789abcdef") for key in keys.values())

    def test_are_absent_for_what_is_missing(self):
        keys = subjects.keys(subject(email="", address="", device=""))

        assert not set(keys) & {"email", "domain", "address", "network", "device", "card"}

    def test_differ_by_kind(self):
        keys = subjects.keys(subject(email="", address="198.51.100.7", device="198.51.100.7"))

        assert keys["address"] != keys["device"]
