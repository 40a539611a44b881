"""The catalogue: every wish has an address, and every address shows dates or says why not."""

import re

import pytest

from courses.services import bookings
from tests.functional.pages import shop as shops

ROW = re.compile(r'<li class="session card')


def rows(html: str) -> int:
    return len(ROW.findall(html))


class TestDates:
    def test_come_twenty_a_page_soonest_first(self, client, shop):
        first = client.get("/").content.decode()
        second = client.get("/?page=2").content.decode()

        assert "28 dates in Yorkshire" in first
        assert (rows(first), rows(second)) == (20, 8)
        assert "Show 8 more dates" in first
        assert "Earlier dates" in second

    def test_show_the_whole_price(self, client, shop):
        html = client.get("/").content.decode()

        assert (
            html.count("£96.00<small>inc. VAT</small>")
            + html.count("£270.00<small>inc. VAT</small>")
            + html.count("£180.00<small>inc. VAT</small>")
            == 20
        )

    def test_say_few_places_only_when_they_are_few(self, client, shop):
        assert "places left" not in client.get("/").content.decode()

        bookings.hold(session_id=shop.sessions[0].pk, places=10, browser="h" * 32, now=shop.now)

        assert "2 places left" in client.get("/").content.decode()

    def test_that_are_full_are_shown_or_hidden(self, client, shop):
        shown = client.get("/").content.decode()
        hidden = client.get("/?full=hide").content.decode()

        assert shown.count("is-full") == 1
        assert hidden.count("is-full") == 0
        assert "27 dates in Yorkshire" in hidden


class TestFinder:
    @pytest.mark.parametrize(
        ("query", "heading"),
        [
            ("?course=first-aid-at-work", "7 dates in Yorkshire"),
            ("?near=Leeds&distance=10", "within 10 miles of Leeds"),
            ("?near=LS1+4AB", "within 40 miles of LS1"),
            ("?near=hull&distance=all", "28 dates in Yorkshire, measured from Hull"),
        ],
    )
    def test_narrows(self, client, shop, query, heading):
        assert heading in client.get(f"/{query}").content.decode()

    @pytest.mark.parametrize(
        "query",
        [
            "?page=0", "?page=-1", "?page=99999999999", "?page=%C2%B2", "?when=yesterday",
            "?when=2020-01", "?when=9999-12", "?course=%00", "?near=%00", "?days=never&distance=far&full=maybe",
            "?course=" + "x" * 5000,
        ],
    )  # fmt: skip
    def test_reads_any_address(self, client, shop, query):
        assert client.get(f"/{query}").status_code == 200

    def test_keeps_the_other_wishes_in_each_link(self, client, shop):
        html = client.get("/?near=Leeds&days=weekends").content.decode()

        assert 'href="?near=Leeds&amp;when=7&amp;days=weekends"' in html

    def test_says_that_it_does_not_know_a_place(self, client, shop):
        html = client.get("/?near=<b>Atlantis").content.decode()

        assert "We don’t know that place." in html
        assert "<b>Atlantis" not in html

    def test_names_the_nearest_date_when_none_matches(self, client, shop):
        html = client.get("/?near=Whitby&distance=10").content.decode()

        assert "No dates match. The nearest is" in html
        assert "York, YO1 · 4" in html
        assert "Clear filters" in html


class TestFragment:
    def test_is_only_the_region(self, client, shop):
        html = client.get("/", headers={"HX-Request": "true"}).content.decode()

        assert html.strip().startswith('<div id="found"')
        assert "<html" not in html

    def test_is_not_cached_for_the_page(self, client, shop):
        assert "HX-Request" in client.get("/").headers["Vary"]


class TestShop:
    def test_links_lead_somewhere(self, client, shop):
        for name in ("catalogue", "course", "help", "cancelling"):
            html = client.get(shops.PLAIN[name]).content.decode()
            for address in set(re.findall(r'href="(/[^"#?]*)', html)):
                if not address.startswith("/static/"):
                    assert client.get(address).status_code in (200, 302), address
