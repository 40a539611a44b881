"""One form for one mailbox: tables, properties, and a library of others as a second opinion."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from minfraud import request as other_library

from fraud import normalising

# The cases that the other library tests itself by.
THEIRS = [
    "fasfs", "test@gmail", "Test@maxmind", "Test@maxmind.com", "Test+007@maxmind.com",
    "Test+007+008@maxmind.com", "Test+@maxmind.com", "+@maxmind.com", "  Test@maxmind.com",
    "Test@maxmind.com|abc124472372", "Test+foo@yahoo.com", "Test-foo@yahoo.com",
    "Test-foo-foo2@yahoo.com", "Test-foo@gmail.com", "gamil.com@gamil.com", "Test+alias@bücher.com",
    "foo@googlemail.com", "foo.bar@gmail.com", "alias@user.fastmail.com", "foo-bar@ymail.com",
    "foo@example.com.com", "foo@example.comfoo", "foo@example.cam", "foo@10000gmail.com",
    "foo@example.comcom", "foo@example.com.", "foo@example.com...", "example@bu\u0308cher.com",
    "example@b\u00fccher.com", "bu\u0308cher@example.com", "   test@   maxmind.com   ",
]  # fmt: skip
DOMAINS = st.one_of(
    st.sampled_from(
        ["gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.uk", "ymail.com", "example.org",
         "user.fastmail.com", "proton.me", "pm.me", "yandex.kz", "example.con", "gmial.com",
         "putlook.com", "bücher.example", "mail.example.com.com", "7gmail.com"]
    ),
    st.from_regex(r"[a-z]{1,8}\.[a-z]{2,5}", fullmatch=True),
)  # fmt: skip
LOCALS = st.text(alphabet=string.ascii_letters + string.digits + ".+-_", min_size=1, max_size=20)


class TestMailbox:
    @pytest.mark.parametrize("email", THEIRS)
    def test_agrees_with_the_other_library_on_its_own_cases(self, email):
        theirs, _ = other_library._clean_email(email)

        assert normalising.mailbox(email) == (theirs or "")

    @given(LOCALS, DOMAINS)
    def test_agrees_with_the_other_library(self, local, domain):
        email = f"{local}@{domain}"

        assert normalising.mailbox(email) == other_library._clean_email(email)[0]

    def test_knows_what_the_other_library_knows_of_domains(self):
        for slip in (*other_library._TYPO_TLDS, "com"):
            assert normalising.mail_domain(f"a@example.{slip}") == "example.com"
        for typed, meant in other_library._TYPO_DOMAINS.items():
            assert normalising.mail_domain(f"a@{typed}") == meant
        for one, same in other_library._EQUIVALENT_DOMAINS.items():
            assert normalising.mail_domain(f"a@{one}") == same
        for domain in other_library._YAHOO_DOMAINS:
            assert normalising.mailbox(f"a-b@{domain}") == f"a@{domain}"
        assert normalising._UNDER_USER <= other_library._FASTMAIL_DOMAINS

    @pytest.mark.parametrize("email", ["", "@", "no-at-sign", "@example.org", "   ", "\n"])
    def test_is_nothing_for_what_is_no_address(self, email):
        assert normalising.mailbox(email) == ""

    @pytest.mark.parametrize(
        ("email", "form"),
        [
            ("Ann.Smith+course@GoogleMail.com", "annsmith@gmail.com"),
            ("\uff21nn@example.org", "ann@example.org"),
            ("straße@example.org", "strasse@example.org"),
            ("ann@example.org@gmail.com", "ann@exampleorg@gmail.com"),
            ("ann@" + "x" * 70 + ".org", "ann@" + "x" * 70 + ".org"),
        ],
    )
    def test_folds_what_people_write(self, email, form):
        assert normalising.mailbox(email) == form

    @given(st.text(max_size=60))
    def test_has_an_answer_for_any_text(self, text):
        assert normalising.mailbox(text) == "" or "@" in normalising.mailbox(text)


class TestMailboxStrict:
    @pytest.mark.parametrize(
        ("email", "form"),
        [
            ("Ann.Smith+course@GoogleMail.com", "annsmith@gmail.com"),
            ("ann+course@outlook.com", "ann@outlook.com"),
            ("ann+course@example.org", "ann+course@example.org"),
            ("ann-course@yahoo.co.uk", "ann@yahoo.co.uk"),
            ("ann-course@example.org", "ann-course@example.org"),
            ("ann@gmial.com", "ann@gmial.com"),
            ("ann@example.con", "ann@example.con"),
            ("alias@ann.fastmail.com", "ann@fastmail.com"),
            ("Ann@Example.org.", "ann@example.org"),
            ("", ""),
        ],
    )
    def test_folds_only_what_the_provider_says_is_the_same(self, email, form):
        assert normalising.mailbox_strict(email) == form

    @given(
        LOCALS, LOCALS, st.sampled_from(["example.org", "gmail.com", "yahoo.com", "outlook.com"])
    )
    def test_never_joins_what_linking_keeps_apart(self, one, other, domain):
        one, other = f"{one}@{domain}", f"{other}@{domain}"

        if normalising.mailbox_strict(one) == normalising.mailbox_strict(other):
            assert normalising.mailbox(one) == normalising.mailbox(other)


class TestAddresses:
    @pytest.mark.parametrize(
        ("text", "address", "network"),
        [
            ("198.51.100.7", "198.51.100.7", "198.51.100.0/24"),
            (" 198.51.100.7 ", "198.51.100.7", "198.51.100.0/24"),
            ("::ffff:198.51.100.7", "198.51.100.7", "198.51.100.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
            ("2001:db8:1:2::", "2001:db8:1:2::/64", "2001:db8:1::/48"),
            ("", "", ""),
            ("198.51.100", "", ""),
            ("fe80::1%eth0", "fe80::/64", "fe80::/48"),
        ],
    )
    def test_have_a_form_and_a_neighbourhood(self, text, address, network):
        assert normalising.address(text) == address
        assert normalising.network(text) == network


class TestRegion:
    @pytest.mark.parametrize(
        ("state", "postcode", "region"),
        [
            ("", "LS1 1AA", "LS"),
            ("West Yorkshire", " ls11 5aa", "LS"),
            ("", "B1 1AA", "B"),
            ("", "75001", "75"),
            ("NY", "10001-2", "10"),
            ("new  york", "", "NEW YORK"),
            ("x" * 90, " - ", "X" * 32),
            ("", "", ""),
        ],
    )
    def test_is_the_postcode_s_area_or_else_the_state(self, state, postcode, region):
        assert normalising.region(state, postcode) == region
