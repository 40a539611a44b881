"""The review queue and case in a real browser: nothing in the console, no axe violation, nothing cut off, in each state."""

import pytest
from playwright.sync_api import expect

from core import clock
from fraud.models import ReviewWatch
from fraud.selectors import ReviewCase
from tests.functional import chromium as browsers
from tests.functional.backoffice import reviewed
from tests.functional.backoffice.conftest import Desk
from tests.functional.backoffice.test_staff_pages import wrong_with

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUEUE = "/admin/fraud/reviewcase/"


def page_of(case: ReviewCase) -> str:
    return f"{QUEUE}{case.pk}/decide/"


class TestStates:
    def test_nothing_waits(self, desk: Desk):
        desk.open(QUEUE)

        assert wrong_with(desk) == []

    def test_queue_and_case(self, desk: Desk):
        case = reviewed.case()
        wrong = []

        for path in (QUEUE, page_of(case)):
            desk.open(path)
            wrong += wrong_with(desk)
        for key in ("a", "d"):
            desk.page.keyboard.press(key)
            wrong += wrong_with(desk)

        assert wrong == []

    def test_late(self, desk: Desk):
        case = reviewed.case()
        ReviewCase.objects.update(promise_at=clock.now())
        wrong = []

        for path in (QUEUE, page_of(case)):
            desk.open(path)
            wrong += wrong_with(desk)

        assert wrong == []

    def test_open_by_a_colleague(self, desk: Desk):
        case = reviewed.case()
        now = clock.now()
        ReviewWatch.objects.create(case=case, actor="staff:0", since=now, seen_at=now)

        desk.open(page_of(case))

        expect(desk.page.get_by_text("Open by another colleague since")).to_be_visible()
        assert wrong_with(desk) == []

    def test_decided(self, desk: Desk):
        case = reviewed.case()
        desk.open(page_of(case))
        desk.page.keyboard.press("d")
        desk.page.get_by_label("Stolen or tested card").check()
        desk.page.get_by_role("button", name="Decline and release").click()

        expect(desk.page.get_by_text("Releasing the money…")).to_be_visible()
        assert wrong_with(desk) == []


class TestKeys:
    def test_choose_and_never_send(self, desk: Desk):
        case = reviewed.case()
        desk.open(page_of(case))

        for key in ("a", "d", "b", "r"):
            desk.page.keyboard.press(key)

        assert desk.page.locator("[name=decision][value=decline]").is_checked()
        assert ReviewCase.objects.get(pk=case.pk).state == "open"
        assert desk.complaints() == []

    def test_rest_while_a_field_has_the_focus(self, desk: Desk):
        desk.open(page_of(reviewed.case()))

        desk.page.get_by_label("Note for colleagues").press_sequentially("a bad day?")

        assert desk.page.locator("[name=decision]:checked").count() == 0
        assert not desk.page.locator("dialog[open]").count()

    def test_are_listed_and_can_be_turned_off(self, desk: Desk):
        desk.open(page_of(reviewed.case()))

        desk.page.keyboard.press("?")
        desk.page.get_by_label("Turn the shortcuts off on this computer").check()
        desk.page.get_by_role("button", name="Close").click()
        desk.page.keyboard.press("a")

        assert desk.page.locator("[name=decision]:checked").count() == 0

    def test_the_bar_of_a_phone_hides_where_the_decision_is(self, desk: Desk):
        browsers.width(desk.page, browsers.NARROW)
        desk.open(page_of(reviewed.case()))
        bar = desk.page.locator(".bottom-bar")
        expect(bar).to_be_visible()

        bar.get_by_role("link", name="Decline").click()

        expect(desk.page.get_by_label("Stolen or tested card")).to_be_in_viewport()
        expect(bar).to_be_hidden()
