"""What may stand on the lists, what is refused with which sentence, and that an entry meets the payments it means."""

import pytest

from core.errors import Invalid
from fraud import list_values
from fraud.subject import keys
from tests.fraud.builders import card, subject


def words_of(kind: str, value: str) -> str:
    with pytest.raises(Invalid) as refusal:
        list_values.read(kind, value)
    (words,) = refusal.value.fields["value"]
    return words


class TestRead:
    @pytest.mark.parametrize(
        ("kind", "value", "shown"),
        [
            ("email", " Ann.Smith@Example.org ", "A···@example.org"),
            ("email_domain", "@Bad.Example", "bad.example"),
            ("email_domain", "bücher.example", "xn--bcher-kva.example"),
            ("card", "Xt5EWLLDS7FJjR1c", "Card ···jR1c"),
            ("phone", "+44 7700 900461", "···· ···461"),
            ("connection", "81.2.69.142", "81.2.69.142"),
            ("connection", "81.2.69.142/24", "81.2.69.0/24"),
            ("connection", "::ffff:81.2.69.142", "81.2.69.142"),
            ("connection", "2a00:1450:4009:81f::200e", "2a00:1450:4009:81f::/64"),
            ("connection", "2a00:1450::/32", "2a00:1450::/32"),
        ],
    )
    def test_shows_what_it_took(self, kind, value, shown):
        assert list_values.read(kind, value).shown == shown

    def test_keeps_nothing_personal(self):
        for kind, value in (
            ("email", "ann.smith@example.org"),
            ("phone", "07700 900461"),
            ("card", "Xt5EWLLDS7FJjR1c"),
        ):
            found = list_values.read(kind, value)
            assert value not in f"{found}"
            assert "ann.smith" not in f"{found}"

    @pytest.mark.parametrize("kind", ["email", "email_domain", "card", "device", "phone"])
    def test_has_the_key_that_payments_carry(self, kind):
        given = {
            "email": "Ann.Smith+tag@Gmail.com",
            "phone": "+44 7700 900461",
            "device": "device-1",
        }
        one = subject(card=card(fingerprint="Xt5EWLLDS7FJjR1c"), **given)
        value = {
            **given,
            "email": "annsmith@gmail.com",
            "card": "Xt5EWLLDS7FJjR1c",
            "phone": "07700900461",
            "email_domain": "shop.example",
        }[kind]
        if kind == "email_domain":
            one = subject(email="x@shop.example")

        assert list_values.read(kind, value).digest == keys(one)[list_values.KEY_OF[kind]]


class TestRefusals:
    @pytest.mark.parametrize(
        ("kind", "value", "words"),
        [
            ("email", "nobody", "Enter an email address, like name@example.com."),
            ("email", "a b@example.com", "Enter an email address"),
            ("email", "a@b", "Enter an email address"),
            ("email", f"{'a' * 65}@example.com", "Enter an email address"),
            ("email", "@example.com", "Enter an email address"),
            ("email", "", "Enter a value."),
            ("email_domain", "com", "Enter a domain"),
            ("email_domain", "not a domain", "Enter a domain"),
            ("email_domain", "81.2.69.142", "Enter a domain"),
            ("email_domain", "co.uk", "shared by too many"),
            ("email_domain", "gmail.com", "public mail provider"),
            ("email_domain", "GMAIL.COM.", "public mail provider"),
            ("email_domain", "yahoo.co.nz", "public mail provider"),
            ("email_domain", "btinternet.com", "public mail provider"),
            ("email_domain", "proton.me", "public mail provider"),
            ("card", "4242 4242 4242 4242", "Never enter a card number."),
            ("card", "4242", "fingerprint from Stripe"),
            ("card", "drop table", "fingerprint from Stripe"),
            ("device", "a b", "identifier of a payment"),
            ("phone", "123", "Enter a phone number"),
            ("phone", "0000000000", "Enter a phone number"),
            ("phone", "call me", "Enter a phone number"),
            ("connection", "999.1.1.1", "Enter an IP address"),
            ("connection", "home", "Enter an IP address"),
            ("connection", "81.0.0.0/8", "too wide"),
            ("connection", "0.0.0.0/0", "too wide"),
            ("connection", "2a00::/16", "too wide"),
            ("connection", "::/0", "too wide"),
            ("connection", "192.168.1.4", "private or reserved"),
            ("connection", "127.0.0.1", "private or reserved"),
            ("connection", "::1", "private or reserved"),
            ("connection", "fe80::1", "private or reserved"),
            ("connection", "224.0.0.1", "private or reserved"),
            ("connection", "100.64.0.0/16", "private or reserved"),
        ],
    )
    def test_says_what_is_wrong(self, kind, value, words):
        assert words in words_of(kind, value)

    def test_knows_no_other_kind(self):
        with pytest.raises(Invalid) as refusal:
            list_values.read("postcode", "LS1 1AA")

        assert refusal.value.fields == {"kind": ["Choose what to put on the list."]}

    @pytest.mark.parametrize(
        ("reason", "words"),
        [
            ("  ", "Say why."),
            ("x" * 201, "Use at most 200 characters."),
            ("same as ann@example.org", "Leave email addresses"),
            ("card 4242 4242 4242 4242", "Leave email addresses"),
        ],
    )
    def test_wants_a_reason_without_personal_data(self, reason, words):
        with pytest.raises(Invalid) as refusal:
            list_values.reason(reason)

        assert words in refusal.value.fields["reason"][0]

    def test_takes_a_reason_of_one_line(self):
        assert (
            list_values.reason(" Stolen  cards\n since Monday 23 ")
            == "Stolen cards since Monday 23"
        )


class TestLookup:
    def test_a_wider_domain_counts_too(self):
        asked = list_values.lookup(subject(email="x@a.mail.example.com"))

        listed = {
            list_values.digest("email_domain", each)
            for each in ("a.mail.example.com", "mail.example.com", "example.com")
        }
        assert listed <= set(asked["list_digests"])
        assert list_values.digest("email_domain", "com") not in asked["list_digests"]

    def test_an_address_that_is_none_is_not_asked_for(self):
        assert list_values.lookup(subject(address="unknown"))["list_address"] is None

    def test_a_mapped_address_is_its_own(self):
        asked = list_values.lookup(subject(address="::ffff:81.2.69.142"))

        assert asked["list_address"] == "81.2.69.142"
