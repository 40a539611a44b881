"""What search engines are told: which pages there are, what a course is, and that bookings are nobody's business."""

import json
import re
from xml.etree import ElementTree

from courses.models import Course
from tests.functional.pages import shop as shops

BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>')


class TestRobots:
    def test_names_the_sitemap_and_no_booking(self, client, db, settings):
        words = client.get("/robots.txt").content.decode()

        assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in words
        assert "Disallow: /admin/" in words
        assert "booking" not in words


class TestSitemap:
    def test_lists_every_page_that_answers(self, client, shop, settings):
        tree = ElementTree.fromstring(client.get("/sitemap.xml").content)

        found = [each.text.removeprefix(settings.SITE_URL) for each in tree.iter() if each.text]
        assert "/courses/emergency-first-aid-at-work/" in found
        assert {"/", "/terms/", "/privacy/", "/workplace/"} <= set(found)
        assert {client.get(address).status_code for address in found} == {200}


class TestCourseData:
    def test_says_what_the_page_says(self, client, shop):
        html = client.get(shops.PLAIN["course"]).content.decode()

        (block,) = BLOCK.findall(html)
        told = json.loads(block)
        assert told["@type"] == "Course"
        assert told["offers"]["price"] == "96.00"
        dates = told["hasCourseInstance"]
        assert len(dates) == html.count('name="session"')
        assert {each["offers"]["availability"].rsplit("/")[-1] for each in dates} >= {"InStock"}
        assert dates[0]["courseWorkload"] == "PT6H"

    def test_can_not_be_left_by_what_is_typed(self, client, shop):
        Course.objects.update(summary="</script><script>alert(1)</script>")

        html = client.get(shops.PLAIN["course"]).content.decode()

        assert "<script>alert" not in html
        assert json.loads(BLOCK.findall(html)[0])["description"].startswith("</script>")


class TestCancelling:
    def test_shows_the_rules_that_are_sold(self, client, shop):
        html = client.get("/cancelling/").content.decode()

        for when, share in (
            ("15 days or more before", "All of it"),
            ("7 to 14 days before", "Half"),
            ("Fewer than 7 days before", "Nothing"),
        ):
            assert f'<th scope="row">{when}</th><td>{share}</td>' in html
