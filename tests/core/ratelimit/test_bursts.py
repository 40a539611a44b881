"""Many at once, and many disguises: the limit is the limit."""

import threading

import pytest
from django.core.cache import caches
from django.http import HttpResponse
from django.test import RequestFactory

from core.ratelimit import limits, store
from core.ratelimit.rates import Rate
from core.ratelimit.usage import Usage
from core.tracing import work
from tests.core.ratelimit.conftest import BURST, at_once, visitor

DISGUISES = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "User-Agent")

ALL_HAVE_READ = threading.Barrier(BURST)


def request_of(browser):
    request = RequestFactory().get("/plain/")
    request.COOKIES["rft_browser"] = browser
    return request


def passed(found: list[int]) -> int:
    return found.count(200)


def read_then_write(asked):
    """How a framework's own throttle counts: not in one step. All read before the first one writes."""
    ((group, key, rate),) = asked
    count = caches["ratelimit"].get(f"{group}:{key}", 0) + 1
    ALL_HAVE_READ.wait(60)
    caches["ratelimit"].set(f"{group}:{key}", count, rate.seconds)
    return [Usage(rate.count, rate.count - count, rate.seconds, rate.seconds, count > rate.count)]


@pytest.mark.usefixtures("patient")
class TestABurst:
    def test_gets_no_more_than_the_limit(self, limited):
        found = at_once(lambda _number: visitor().get("/plain/").status_code)

        assert passed(found) == 5
        assert found.count(429) == BURST - 5

    def test_gets_more_where_counting_is_not_one_step(self, limited, monkeypatch):
        """The twin: the same burst, counted as frameworks count."""
        monkeypatch.setattr(store, "_counted", read_then_write)

        found = at_once(lambda _number: visitor().get("/plain/").status_code)

        assert passed(found) == BURST

    def test_of_card_tries_gets_no_more_than_the_limit(self, limited, settings):
        settings.RATE_LIMITS = {"unknown_links": "9999/m", "card_attempts": "10/10m"}
        address = "/api/v1/bookings/known/payments/"

        found = at_once(lambda _number: visitor().post(address).status_code)

        assert found.count(429) >= BURST - 10
        assert found.count(429) < BURST

    def test_over_two_limits_counts_in_both(self, limited, settings):
        settings.RATE_LIMITS = {"pages": "40/h", "pages.global": "7/h"}

        found = at_once(
            lambda number: visitor().get("/plain/", REMOTE_ADDR=f"192.0.2.{number}").status_code
        )

        assert passed(found) == 7

    def test_by_one_client_takes_nothing_from_the_others(self, limited, settings):
        """What it is refused by its own limit is not counted against everybody's."""
        settings.RATE_LIMITS = {"pages": "5/h", "pages.global": "9/h"}
        mine = [limited.get("/plain/").status_code for _ in range(20)]

        others = [
            limited.get("/plain/", REMOTE_ADDR=f"192.0.2.{number}").status_code
            for number in range(1, 7)
        ]

        assert (passed(mine), passed(others)) == (5, 4)


class TestARequest:
    def test_is_counted_for_all_of_its_limits_in_one_trip(self, limited, settings):
        settings.RATE_LIMITS = dict.fromkeys(("pages", "pages.user", "pages.global"), "100/h")
        limited.cookies["rft_browser"] = "c" * 32
        limited.get("/plain/")
        client = caches["ratelimit"].client.get_client()
        script = "cmdstat_evalsha"
        before = client.info("commandstats")[script]["calls"]

        with work.tallied() as tally:
            limits.spend(request_of("c" * 32), limits.PAGES)

        assert tally.calls == {work.VALKEY: 1}
        assert client.info("commandstats")[script]["calls"] == before + 1
        assert len(client.keys("window:*")) == 3

    def test_is_counted_by_a_server_that_has_forgotten_the_script(self, limited):
        caches["ratelimit"].client.get_client().script_flush()

        assert limits.spend(request_of("c" * 32), limits.PAGES).remaining == 4

    def test_finds_a_window_that_ends(self, limited):
        limited.get("/plain/")
        client = caches["ratelimit"].client.get_client()

        assert all(0 < client.ttl(each) <= 3600 for each in client.keys("window:*"))


class TestAStoreThatStutters:
    def test_adds_no_more_than_the_share_of_one_process(self, limited, settings):
        settings.RATE_LIMITS = {"pages": "8/h"}
        at_first = [limited.get("/plain/").status_code for _ in range(8)]

        store._rest(OSError())
        after = [limited.get("/plain/").status_code for _ in range(8)]

        assert (passed(at_first), passed(after)) == (8, 0)


class TestDisguises:
    def test_gain_nothing(self, limited):
        found = [
            limited.get(
                "/plain/", headers=dict.fromkeys(DISGUISES, f"203.0.113.{number}")
            ).status_code
            for number in range(100)
        ]

        assert passed(found) == 5

    def test_gain_nothing_behind_a_proxy_of_ours(self, limited, settings):
        settings.TRUSTED_PROXY_COUNT = 1

        found = [
            limited.get(
                "/plain/", headers={"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.7"}
            ).status_code
            for number in range(100)
        ]

        assert passed(found) == 5

    def test_gain_all_where_the_first_entry_is_believed(self, limited, settings):
        """The twin: one proxy more than there is, and every address is the client's own choice."""
        settings.TRUSTED_PROXY_COUNT = 2

        found = [
            limited.get(
                "/plain/", headers={"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.7"}
            ).status_code
            for number in range(100)
        ]

        assert passed(found) == 100

    def test_of_one_household_gain_nothing(self, limited):
        found = [
            limited.get("/plain/", REMOTE_ADDR=f"2001:db8:0:7::{number:x}").status_code
            for number in range(1, 101)
        ]

        assert passed(found) == 5


class TestWhatIsStored:
    def test_names_nobody(self, limited, settings):
        settings.RATE_LIMITS = {"pages": "9/h", "pages.user": "9/h", "sign_in.user": "9/h"}
        limited.cookies["rft_browser"] = "c" * 32
        limited.get("/plain/", REMOTE_ADDR="203.0.113.77")
        request = RequestFactory().post("/admin/login/", {"username": "ada"})
        limits.roll_sign_in(request, "ada")

        client = caches["ratelimit"].client.get_client()
        kept = b" ".join(client.keys("*"))

        assert kept
        for secret in (b"203.0.113.77", b"c" * 32, b"ada"):
            assert secret not in kept


class TestHeaders:
    def test_of_the_api_say_the_same(self, limited):
        for _ in range(5):
            limited.get("/api/v1/plain/")

        answer: HttpResponse = limited.get("/api/v1/plain/")

        assert answer.headers["RateLimit-Policy"] == '"pages";q=5;w=3600'
        assert 0 < int(answer.headers["Retry-After"]) <= 3600

    def test_of_a_window_are_true(self, limited):
        request = RequestFactory().get("/plain/")

        usage, by = store.window(request, "unknown_links", "k", Rate(5, 3600), increment=True)
        ((counted,), by_all) = store.windows([("pages.address", "k", Rate(5, 3600))])

        for each in (usage, counted):
            assert (each.remaining, each.limit) == (4, 5)
            assert 0 < each.seconds_left <= 3600
        assert (by, by_all) == ("shared", "shared")
