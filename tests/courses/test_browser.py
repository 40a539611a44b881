import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from core.idempotency.actor import BROWSER_COOKIE
from courses import browser
from courses.models import Booking
from courses.models.booking import browser_digest

MINE = "m" * 32


def request_with(cookie=None):
    request = RequestFactory().get("/")
    if cookie is not None:
        request.COOKIES[browser.COOKIE] = cookie
    return request


class TestBrowserOf:
    def test_knows_a_browser_again(self):
        assert browser.browser_of(request_with(MINE)) == MINE

    @pytest.mark.parametrize("cookie", [None, "", "short", "x" * 33, "é" * 32, "x" * 31 + "\n"])
    def test_takes_no_cookie_that_it_did_not_make(self, cookie):
        fresh = browser.browser_of(request_with(cookie))

        assert len(fresh) == 32
        assert fresh != cookie

    def test_never_gives_two_the_same(self):
        assert browser.browser_of(request_with()) != browser.browser_of(request_with())


class TestRemember:
    def test_keeps_the_cookie_from_scripts_and_other_sites(self, settings):
        settings.SESSION_COOKIE_SECURE = True
        response = HttpResponse()

        browser.remember(response, MINE)

        cookie = response.cookies[BROWSER_COOKIE]
        assert cookie.value == MINE
        assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True)


class TestRefuseAnother:
    def test_lets_the_browser_that_booked(self):
        booking = Booking(browser=browser_digest(MINE))

        browser.refuse_another(request_with(MINE), booking)

        assert booking.is_booked_by(MINE)

    @pytest.mark.parametrize("cookie", [None, "", "o" * 32])
    def test_refuses_any_other(self, cookie):
        booking = Booking(browser=browser_digest(MINE))

        with pytest.raises(browser.AnotherBrowser):
            browser.refuse_another(request_with(cookie), booking)
