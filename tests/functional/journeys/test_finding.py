"""Looking for a date: the list follows the wish without a reload, keeps its address, and says what it found."""

import json
import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class TestFilters:
    def test_change_the_list_its_address_and_what_is_announced(self, customer):
        page = customer.page
        page.goto("/")
        page.get_by_label("Near").fill("Leeds")
        page.get_by_role("button", name="Find dates").click()
        customer.reads("within 40 miles of Leeds")
        page.get_by_label("Up to 10 miles").check()

        customer.reads("within 10 miles of Leeds")
        assert "near=Leeds" in page.url and "distance=10" in page.url
        expect(page.locator("#announce")).to_have_text(re.compile("dates within 10 miles of Leeds"))
        assert page.evaluate("document.activeElement.id") == "d-10"

        page.go_back()

        customer.reads("within 40 miles of Leeds")

    def test_keep_the_place_for_the_visit_until_it_is_taken_out(self, customer):
        page = customer.page
        page.goto("/?near=Leeds")
        page.get_by_role("link", name=re.compile("^Book Emergency")).first.click()
        page.get_by_role("link", name="Courses and dates").first.click()
        customer.reads("within 40 miles of Leeds")
        expect(page.get_by_label("Near")).to_have_value("Leeds")
        assert page.url.endswith("?near=Leeds")

        page.locator(".chip[aria-current]", has_text="Leeds").click()
        customer.reads("28 dates in Yorkshire")
        page.goto("/")

        customer.reads("28 dates in Yorkshire")
        expect(page.get_by_label("Near")).to_have_value("")

    def test_are_a_page_of_their_own_on_a_phone(self, customer):
        page = customer.page
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto("/")
        page.get_by_role("link", name="Filters").click()

        expect(page.get_by_role("heading", level=1)).to_be_hidden()
        page.get_by_label("Hide full dates").check()
        page.get_by_role("button", name="Show 27 dates").click()

        customer.reads("27 dates in Yorkshire")
        assert "full=hide" in page.url

    def test_keep_the_last_list_when_the_server_cannot_be_reached(self, customer):
        page = customer.page
        page.goto("/")
        page.route("**/?*", lambda route: route.abort())
        page.get_by_label("Weekends").check()

        customer.reads("We couldn’t update the list. Try again.")
        customer.reads("28 dates in Yorkshire")
        assert page.get_by_role("link", name=re.compile("^Book Emergency")).count() > 0
        # The browser says in its console, too, that it could not reach the server.
        customer.visitor.complaints.clear()


class TestPanel:
    def test_keeps_the_exact_amount_and_the_note_in_step(self, customer):
        page = customer.page
        page.goto("/courses/emergency-first-aid-at-work/")
        expect(page.get_by_role("button", name="Continue")).to_have_text("Continue")

        page.locator(".slot:not(.full)").first.click()
        page.get_by_role("button", name="One more").click()

        expect(page.get_by_role("button", name="Continue · £192.00")).to_be_visible()
        expect(page.locator("[data-cancellation] strong")).to_have_count(1)

    def test_is_remembered_at_the_bottom_of_a_phone(self, customer):
        page = customer.page
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto("/courses/emergency-first-aid-at-work/")
        reminder = page.get_by_role("region", name="Next date")
        page.mouse.wheel(0, 20_000)

        expect(reminder).to_be_visible()
        reminder.get_by_role("link", name="Choose a date").click()
        expect(reminder).to_be_hidden()


class TestFieldMeasurements:
    def test_are_sent_when_the_page_is_left(self, customer):
        """Left for another tab: a navigation's beacon leaves after the page that Playwright listens to."""
        page = customer.page
        page.goto("/help/")
        page.get_by_role("heading", level=1).click()

        with page.expect_request("**/vitals") as sent:
            page.evaluate(LEAVE)

        told = json.loads(sent.value.post_data)
        assert told["page"] == "courses:help"
        assert told["LCP"] > 0 and told["device"] in ("phone", "tablet", "desktop")
        assert set(told) <= {"page", "device", "LCP", "CLS", "INP"}
        assert sent.value.response().status == 204


LEAVE = """() => {
  Object.defineProperty(document, "visibilityState", { value: "hidden" });
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""
