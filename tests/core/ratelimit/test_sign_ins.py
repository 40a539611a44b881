"""Passwords and cards: what may be tried, who is refused, and who is not locked out by others' tries."""

import pytest
from django.contrib.auth.models import User
from structlog.testing import capture_logs

PASSWORD = "a long enough password"
LOGIN = "/admin/login/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(limited, settings) -> User:
    settings.ROOT_URLCONF = "config.urls"
    settings.RATE_LIMITS = {"sign_in": "40/15m", "sign_in.user": "10/15m"}
    return User.objects.create_superuser("ada", password=PASSWORD)


def try_password(client, password: str, *, address: str = "192.0.2.1", user: str = "ada") -> int:
    data = {"username": user, "password": password}
    return client.post(LOGIN, data, REMOTE_ADDR=address).status_code


class TestAnAccount:
    def test_is_closed_to_strangers_after_few_tries(self, limited, ada):
        found = [
            try_password(limited, "guess", address=f"203.0.113.{number}") for number in range(8)
        ]

        assert found == [200] * 5 + [429] * 3

    def test_is_counted_whatever_the_case(self, limited, ada):
        for name in ("ada", "ADA", " Ada", "ada ", "aDA"):
            try_password(limited, "guess", user=name)

        assert try_password(limited, "guess") == 429

    def test_stays_open_to_its_owner_where_she_is_known(self, limited, ada):
        """Nobody can lock her out of her own desk by trying passwords from elsewhere."""
        assert try_password(limited, PASSWORD, address="198.51.100.1") == 302
        limited.logout()
        for number in range(20):
            try_password(limited, "guess", address=f"203.0.113.{number}")

        assert try_password(limited, PASSWORD, address="203.0.113.99") == 429
        assert try_password(limited, PASSWORD, address="198.51.100.1") == 302

    def test_says_when_to_come_back(self, limited, ada):
        for _ in range(6):
            answer = limited.post(LOGIN, {"username": "ada", "password": "guess"})

        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 900
        assert answer.headers["RateLimit-Policy"] == '"sign_in";q=10;w=900'


class TestANetwork:
    def test_may_try_few_passwords_over_all_accounts(self, limited, ada):
        found = [try_password(limited, "guess", user=f"user{number}") for number in range(25)]

        assert found == [200] * 20 + [429] * 5

    def test_gets_no_more_from_a_thousand_tries(self, limited, ada):
        found = [
            try_password(limited, "guess", user=f"user{number % 300}") for number in range(1000)
        ]

        assert found.count(200) <= 40


class TestWithoutTheStore:
    def test_sign_in_is_neither_open_nor_closed(self, limited, ada, store_is_away):
        found = [try_password(limited, "guess") for _ in range(6)]

        assert found == [200, 429, 429, 429, 429, 429]
        assert try_password(limited, PASSWORD, user="someone", address="192.0.2.50") == 200

    def test_card_tries_are_neither_open_nor_closed(self, limited, settings, store_is_away):
        settings.ROOT_URLCONF = "config.urls"
        settings.RATE_LIMITS = {"unknown_links": "400/m", "card_attempts": "16/10m"}

        found = [
            limited.post(
                "/api/v1/bookings/none/payments/", {}, content_type="application/json"
            ).status_code
            for _ in range(6)
        ]

        assert 429 not in found[:2]
        assert found[2:] == [429] * 4


class TestSecurityLog:
    def test_hears_of_each_sign_in_and_names_nobody(self, limited, ada):
        with capture_logs() as lines:
            try_password(limited, "guess", address="203.0.113.77")
            try_password(limited, PASSWORD, address="203.0.113.77")
            limited.post("/admin/logout/")

        told = [line["event"] for line in lines if line["event"].startswith("authn_")]
        assert told == ["authn_login_fail", "authn_login_success", "authn_logout"]
        assert "203.0.113.77" not in str(lines)
        assert "'ada'" not in str([line for line in lines if line["event"] == "authn_login_fail"])

    def test_hears_which_limit_was_passed(self, limited, ada):
        with capture_logs() as lines:
            for _ in range(6):
                try_password(limited, "guess")

        (line,) = [line for line in lines if line["event"] == "excess_rate_limit_exceeded"]
        assert (line["limit"], line["scope"], line["log_level"]) == ("sign_in", "user", "warning")
