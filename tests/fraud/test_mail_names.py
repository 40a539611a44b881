"""What the text of an address gives away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud import mail_names


class TestThrowAway:
    @pytest.mark.parametrize(
        ("domain", "listed"),
        [
            ("mailinator.com", "mailinator.com"),
            ("x.y.mailinator.com", "mailinator.com"),
            ("mymailinator.com.example", ""),
            ("gmail.com", ""),
            ("localhost", ""),
            ("com", ""),
            ("", ""),
        ],
    )
    def test_finds_the_listed_domain(self, domain, listed):
        assert mail_names.throw_away(domain) == listed

    def test_lets_an_allowed_one_pass(self, monkeypatch):
        monkeypatch.setattr(mail_names, "allowlist", {"good.mailinator.com"})
        mail_names.throw_away.cache_clear()

        assert mail_names.throw_away("x.good.mailinator.com") == ""
        assert mail_names.throw_away("bad.mailinator.com") == "mailinator.com"

        mail_names.throw_away.cache_clear()


class TestLooksLike:
    @pytest.mark.parametrize(
        ("domain", "what", "provider"),
        [
            ("gmai1.com", "disguise", "gmail.com"),
            ("grnail.com", "disguise", "gmail.com"),
            ("0utlook.com", "disguise", "outlook.com"),
            ("hotmall.com", "disguise", "hotmail.com"),
            ("xn--gmil-6na.com", "disguise", "gmail.com"),
            ("outlook.com.verify-mail.io", "disguise", "outlook.com"),
            ("xn--examle-7nf.org", "disguise", "Latin letters"),
            ("gmial.com", "slip", "gmail.com"),
            ("gmaill.com", "slip", "gmail.com"),
            ("hotmil.com", "slip", "hotmail.com"),
            ("btinternt.com", "slip", "btinternet.com"),
            ("yahoo.cmo", "slip", "yahoo.com"),
        ],
    )
    def test_sees_through(self, domain, what, provider):
        assert mail_names.looks_like(domain) == (what, provider)

    @pytest.mark.parametrize(
        "domain",
        ["gmail.com", "ymail.com", "mail.com", "email.com", "yahoo.com.br", "outlook.com.au", "skye.com",
         "bbc.co.uk", "leeds.ac.uk", "bücher.example", "xn--bcher-kva.example", "example.org", "a.org", "",
         "kommune.dk", "hotmail.fr", "xn--80ak6aa92e.com", "live.ie", "nhs.uk", "gov.uk"],
    )  # fmt: skip
    def test_leaves_honest_ones_alone(self, domain):
        assert mail_names.looks_like(domain) == ("", "")

    @given(st.text(max_size=40))
    def test_answers_for_any_text(self, text):
        assert mail_names.looks_like(text)[0] in ("", "slip", "disguise")


class TestRoles:
    @pytest.mark.parametrize(
        ("local", "role"),
        [("info", True), ("bookings+first-aid", True), ("ann", False), ("information.ann", False)],
    )
    def test_are_functions(self, local, role):
        assert mail_names.is_role(local) == role


class TestOddities:
    @pytest.mark.parametrize(
        "local",
        ["ann.smith", "j.schwartz", "knightsbridge", "john1985", "mary-jane.watson", "krzysztof.w",
         "07700900123", "hr", "wmpl2019", "abc123", "bryn.rhys", "student4711", "o'brien", "li.wei88"],
    )  # fmt: skip
    def test_are_at_most_one_in_honest_names(self, local):
        assert mail_names.oddities(local) <= 1

    @pytest.mark.parametrize(
        "local", ["xk29dfq7z1", "8f3kq0z9x1", "a1b2c3d4", "kjhgfdw7", "zq7x4k2m9"]
    )
    def test_are_several_in_random_keys(self, local):
        assert mail_names.oddities(local) >= 2
