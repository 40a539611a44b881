"""What holds for each page in each of its states: valid HTML, no inline code, one heading, few queries, no leaks."""

import re
from html import unescape

import pytest
from django.core.cache import cache

from tests.functional import wholeness
from tests.functional.pages import shop as shops
from tests.functional.pages.shop import EVERY_STATE, MAKERS, STATUS_OF

LISTS = [name for name in EVERY_STATE if name.startswith(("catalogue", "course", "choose"))]
QUERIES_OF_LISTS, QUERIES_OF_PAGES = 6, 10


@pytest.fixture(autouse=True)
def asked_already(monkeypatch):
    """These bookings have no payment at the gateway: nothing is asked there."""
    monkeypatch.setattr(cache, "add", lambda *args, **kwargs: False)


@pytest.mark.parametrize("name", EVERY_STATE)
class TestEveryPage:
    def test_is_whole(self, name, shop, customer, django_assert_max_num_queries):
        address = shops.address_of(name, shop)
        most = QUERIES_OF_LISTS if name in LISTS else QUERIES_OF_PAGES

        with django_assert_max_num_queries(most) as asked:
            answer = customer.get(address)

        assert answer.status_code == STATUS_OF.get(name, 200)
        answer.statements = [each["sql"] for each in asked.captured_queries]
        assert wholeness.faults(name, answer) == []
        html = answer.content.decode()
        assert "– React Fast Training</title>" in html
        assert 'lang="en-GB"' in html

    def test_says_no_code_or_blank(self, name, shop, customer):
        html = customer.get(shops.address_of(name, shop)).content.decode()

        text = re.sub(r"<(script|style|template)[\s\S]*?</\1>", " ", html)
        text = unescape(re.sub(r"<[^>]+>", " ", text))

        assert "None" not in text
        assert not re.search(r"\w'\w", text), "a straight apostrophe"
        assert "{{" not in text and "{%" not in text
        assert not re.search(
            r"\b((?<!purchase )(?<!, in )order|ticket|delegate|fraud|suspicious|please|successfully)\b",
            text,
            re.I,
        )


@pytest.mark.parametrize("name", list(MAKERS))
class TestBehindALink:
    def test_tells_nobody_its_address(self, name, shop, customer):
        answer = customer.get(shops.address_of(name, shop))

        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert b'content="noindex, nofollow"' in answer.content

    def test_shows_no_buttons_of_others(self, name, shop, client):
        """Another browser may look; it gets no card form."""
        html = client.get(shops.address_of(name, shop)).content.decode()

        assert 'amount="' not in html
        assert "client-secret=" not in html
