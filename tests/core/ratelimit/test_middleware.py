"""Limits at the doors, counted in the real store, and in each process when that is away."""

import pytest
from structlog.testing import capture_logs

from tests.core.backoffice.staff import of_role


def statuses(client, path: str, count: int, method: str = "get", **extra) -> list[int]:
    return [getattr(client, method)(path, **extra).status_code for _ in range(count)]


class TestPages:
    def test_are_limited_by_address(self, limited):
        assert statuses(limited, "/plain/", 7) == [200] * 5 + [429] * 2
        assert limited.get("/plain/", REMOTE_ADDR="203.0.113.9").status_code == 200

    def test_say_when_to_come_back(self, limited):
        statuses(limited, "/plain/", 5)

        response = limited.get("/plain/")

        assert response.status_code == 429
        assert 0 < int(response.headers["Retry-After"]) <= 3600
        assert response.headers["RateLimit-Policy"] == '"pages";q=5;w=3600'
        assert response.headers["RateLimit"].startswith('"pages";r=0;t=')

    def test_of_the_api_answer_with_a_problem(self, limited):
        statuses(limited, "/plain/", 5)

        response = limited.get("/api/v1/plain/")

        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "too_many_requests"
        assert int(response.headers["Retry-After"]) > 0

    def test_count_a_household_of_ipv6_as_one(self, limited):
        found = [
            limited.get("/plain/", REMOTE_ADDR=f"2001:db8::{number}").status_code
            for number in range(1, 8)
        ]

        assert found == [200] * 5 + [429] * 2

    def test_are_not_fooled_by_a_forged_header(self, limited):
        found = [
            limited.get("/plain/", headers={"X-Forwarded-For": f"1.2.3.{number}"}).status_code
            for number in range(7)
        ]

        assert found == [200] * 5 + [429] * 2


class TestPosts:
    def test_have_a_limit_of_their_own(self, limited):
        assert statuses(limited, "/plain/", 5, "post") == [200] * 3 + [429] * 2
        assert limited.get("/plain/").status_code == 200


class TestUsers:
    """One browser, whatever addresses it comes from."""

    def test_have_a_limit_of_their_own(self, limited, settings):
        settings.RATE_LIMITS = {"pages": "100/h", "pages.user": "4/h"}
        limited.cookies["rft_browser"] = "u" * 32

        found = [
            limited.get("/plain/", REMOTE_ADDR=f"203.0.113.{number}").status_code
            for number in range(1, 7)
        ]
        limited.cookies["rft_browser"] = "v" * 32
        another = limited.get("/plain/", REMOTE_ADDR="203.0.113.1").status_code

        assert found == [200] * 4 + [429] * 2
        assert another == 200

    def test_gain_nothing_by_a_fresh_cookie_each_time(self, limited, settings):
        settings.RATE_LIMITS = {"pages": "5/h", "pages.user": "4/h"}
        found = []
        for number in range(7):
            limited.cookies["rft_browser"] = f"{number:032d}"
            found.append(limited.get("/plain/").status_code)

        assert found == [200] * 5 + [429] * 2

    @pytest.mark.django_db
    def test_of_the_back_office_count_by_person(self, limited, settings):
        settings.RATE_LIMITS = {"pages": "100/h", "pages.user": "2/h"}
        limited.force_login(of_role("owner"))

        assert statuses(limited, "/admin/", 4) == [200, 200, 429, 429]


class TestEverybodyTogether:
    def test_has_a_limit_too(self, limited, settings):
        settings.RATE_LIMITS = {"pages": "100/h", "pages.global": "3/h"}

        found = [
            limited.get("/plain/", REMOTE_ADDR=f"203.0.113.{number}").status_code
            for number in range(1, 6)
        ]

        assert found == [200] * 3 + [429] * 2


class TestUnknownLinks:
    def test_close_all_links_for_who_tried_too_many(self, limited):
        assert limited.get("/bookings/known/").status_code == 200
        assert statuses(limited, "/bookings/guess/", 3) == [404] * 3

        assert limited.get("/bookings/guess/").status_code == 429
        assert limited.get("/bookings/known/").status_code == 429
        assert limited.get("/bookings/known/", REMOTE_ADDR="203.0.113.9").status_code == 200

    def test_count_on_the_status_page_too(self, limited):
        statuses(limited, "/bookings/guess/status/", 3)

        assert limited.get("/bookings/known/status/").status_code == 429


class TestExempt:
    @pytest.mark.parametrize(
        ("path", "method"),
        [("/bookings/known/status/", "get"), ("/webhooks/stripe/", "post"), ("/livez", "get")],
    )
    def test_are_polling_webhooks_and_monitoring(self, limited, path, method):
        assert statuses(limited, path, 12, method) == [200] * 12


class TestWithoutTheStore:
    def test_nothing_fails_open(self, limited, store_is_away, settings):
        settings.RATE_LIMITS = {"unknown_links": "60/10m", "posts": "12/h", "pages": "20/h"}

        assert statuses(limited, "/plain/", 7) == [200] * 5 + [429] * 2
        assert statuses(limited, "/plain/", 5, "post") == [200] * 3 + [429] * 2

    def test_is_said_once_and_left_alone_for_a_while(self, limited, store_is_away):
        with capture_logs() as lines:
            statuses(limited, "/plain/", 3)

        assert [line["event"] for line in lines].count("ratelimit_store_down") == 1


class TestLogLine:
    def test_names_no_address(self, limited):
        with capture_logs() as lines:
            statuses(limited, "/plain/", 6, REMOTE_ADDR="203.0.113.77")

        (line,) = [line for line in lines if line["event"] == "excess_rate_limit_exceeded"]
        assert line["limit"] == "pages"
        assert "203.0.113.77" not in str(line)
