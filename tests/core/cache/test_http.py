"""What a CDN may keep: what is the same for everybody, and for no longer than it may be shown."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from core.cache import http
from core.cache.entries import now
from core.cache.http import Kept


def answered(kept, **headers):
    request = RequestFactory().get("/", headers=headers)
    return http.answer(request, kept, content_type="text/html", seconds=15, keys=("b", "a", "b"))


class TestAnswer:
    @pytest.mark.parametrize(
        ("age", "said"),
        [
            (0, "max-age=10, s-maxage=10, stale-while-revalidate=5"),
            (8, "max-age=5, s-maxage=5, stale-while-revalidate=2"),
            (14.5, "max-age=0, s-maxage=0, stale-while-revalidate=0"),
            (60, "max-age=0, s-maxage=0, stale-while-revalidate=0"),
        ],
    )
    def test_leaves_others_only_the_time_that_is_left(self, monkeypatch, age, said):
        monkeypatch.setattr(http, "now", lambda: 1000.0)

        answer = answered(Kept.of("x", read_at=1000.0 - age))

        assert answer["Cache-Control"] == f"public, {said}"
        assert answer["Surrogate-Key"] == "a b"

    def test_says_304_to_who_has_it(self):
        kept = Kept.of("x", read_at=now())
        answer = answered(kept, if_none_match=kept.etag)

        assert (answer.status_code, answer.content) == (304, b"")
        assert "s-maxage" in answer["Cache-Control"]


class TestShare:
    def refused(self, response):
        http.share(response, seconds=15, keys=["a"])
        assert response["Cache-Control"] == "private, no-cache"
        assert "Surrogate-Key" not in response

    @pytest.mark.parametrize(
        "body",
        [
            '<input name="csrfmiddlewaretoken">',
            '<input name="idempotency_key">',
            '<script nonce="x">',
        ],
    )
    def test_refuses_tokens_and_nonces(self, body):
        self.refused(HttpResponse(body))

    def test_refuses_cookies_and_errors(self):
        with_cookie = HttpResponse()
        with_cookie.set_cookie("a", "b")
        self.refused(with_cookie)
        self.refused(HttpResponse(status=500))
        by_cookie = HttpResponse()
        by_cookie["Vary"] = "Accept, Cookie"
        self.refused(by_cookie)
