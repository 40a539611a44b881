"""Every staff page, menu and filter in a real browser: no complaint in the console, no axe violation, nothing cut off."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib import admin
from django.core.management import call_command

from core.backoffice import navigation
from tests.functional.backoffice.conftest import NARROW, WIDE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def history():
    """Rows in every list."""
    call_command("load_sample_catalogue", bookings=40, verbosity=0)


def violations(desk) -> list[str]:
    found = Axe().run(desk.page, options=AXE).response["violations"]
    return [
        f"{desk.page.url} {each['id']}: {node['html'][:160]} {node['any'][:1]}"
        for each in found
        for node in each["nodes"]
    ]


def judge(desk) -> list[str]:
    """What is wrong with the page as it stands, wide in light and narrow in dark."""
    desk.page.set_viewport_size(WIDE)
    desk.dark(False)
    wrong = violations(desk)
    desk.page.set_viewport_size(NARROW)
    desk.dark(True)
    wrong += violations(desk)
    if desk.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append(f"{desk.page.url}: wider than {NARROW['width']} px")
    desk.page.set_viewport_size(WIDE)
    desk.dark(False)
    return wrong + desk.took_issue()


def lists() -> list[str]:
    return sorted(model._meta.label_lower for model in admin.site._registry)


class TestEveryPage:
    def test_lists_and_rows(self, desk, history):
        wrong = []

        for model in lists():
            url = navigation.list_url(model)
            desk.open(url)
            wrong += judge(desk)
            first = desk.page.locator("#result_list th a, #result_list td a").first
            if first.count():
                desk.open(first.get_attribute("href"))
                wrong += judge(desk)

        assert wrong == []

    def test_today(self, desk, history):
        desk.open("/admin/")

        assert judge(desk) == []

    def test_sign_in(self, desk):
        desk.page.context.clear_cookies()
        desk.open("/admin/login/")

        assert judge(desk) == []


class TestMenus:
    def test_filters_open_and_apply(self, desk, history):
        wrong = []

        for model, model_admin in admin.site._registry.items():
            if not model_admin.list_filter:
                continue
            desk.open(navigation.list_url(model._meta.label_lower))
            desk.page.locator("[x-on\\:click*='filterOpen']").first.click()
            desk.page.locator("#changelist-filter").wait_for(state="visible")
            wrong += desk.took_issue()

        assert wrong == []

    def test_user_menu_and_theme(self, desk):
        desk.open("/admin/")

        desk.page.locator(
            "[x-on\\:click*='openUserLinks'], [x-on\\:click*='userLinks']"
        ).first.click()
        desk.page.get_by_role("link", name="Log out").or_(
            desk.page.get_by_role("button", name="Log out")
        ).first.wait_for(state="visible")

        assert desk.took_issue() == []

    def test_search_finds_and_opens(self, desk):
        desk.open("/admin/")

        desk.page.keyboard.press("Control+k")
        field = desk.page.locator("#search-input-command")
        field.press_sequentially("messages")
        desk.page.locator("#command-results-list a").first.wait_for(state="visible")
        field.press("ArrowDown")
        field.press("Enter")
        desk.page.wait_for_url("**/admin/mail/**")

        assert desk.took_issue() == []

    def test_sidebar_closes_and_stays_closed(self, desk):
        desk.open("/admin/")
        desk.page.locator("[x-on\\:click*='sidebarDesktopOpen']").first.click()
        desk.page.locator("#nav-sidebar").wait_for(state="hidden")

        desk.open("/admin/")

        assert not desk.page.locator("#nav-sidebar").is_visible()
        assert desk.took_issue() == []
