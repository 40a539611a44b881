"""Each refusal has a page: what happened, what to do next, whom to call, in the site's own frame."""

import html5lib
import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from core import errors
from core.api.middleware import refusal_page
from core.ratelimit.limits import TooManyRequests

PAGES = [
    (errors.Invalid("The page sent us nothing."), 400, "We couldn’t read that"),
    (errors.Refused(), 403, "You can’t open this page"),
    (errors.NotFound("That date has gone."), 404, "We can’t find that page"),
    (errors.Conflict("Somebody was quicker."), 409, "That can’t be done now"),
    (errors.Gone("It was there."), 410, "That has ended"),
    (TooManyRequests(retry_after=600), 429, "Too many tries"),
    (errors.Unavailable(), 503, "That didn’t work this time"),
]


@pytest.fixture
def request_of_someone(rf: RequestFactory):
    request = rf.get("/somewhere/?page=2")
    request.user = AnonymousUser()
    return request


@pytest.mark.parametrize(("refusal", "status", "heading"), PAGES)
class TestRefusalPage:
    def test_says_what_and_whom_to_call(self, request_of_someone, refusal, status, heading):
        answer = refusal_page(request_of_someone, refusal)

        html = answer.content.decode()
        html5lib.HTMLParser(strict=True).parse(html)
        assert answer.status_code == status
        assert f"<h1>{heading}</h1>" in html
        assert 'href="tel:+441134960112"' in html


class TestTooManyTries:
    def test_names_the_time(self, request_of_someone):
        answer = refusal_page(request_of_someone, TooManyRequests(retry_after=600))

        assert answer.headers["Retry-After"] == "600"
        assert "Wait 10 minutes, until" in answer.content.decode()
