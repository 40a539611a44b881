"""Every staff page, menu and filter in a real browser: no complaint in the console, no axe violation, nothing cut off."""

import pytest
from django.contrib import admin
from django.core.management import call_command

from core.backoffice import navigation
from tests.functional.backoffice.conftest import NARROW, WIDE, Desk
from tests.functional.chromium import accessibility_violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Unfold's own layout has no landmarks; what WCAG asks for is held, axe's further advice is not.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"


ROWS = 20


@pytest.fixture
def history(monkeypatch):
    """Rows in every list, and a second page where there are many."""
    for model_admin in admin.site._registry.values():
        monkeypatch.setattr(model_admin, "list_per_page", ROWS)
    call_command("load_sample_catalogue", bookings=40, verbosity=0)


def wrong_with(desk: Desk) -> list[str]:
    """What is wrong with the page as it stands, wide in light and narrow in dark."""
    wrong = []
    for size, dark in ((WIDE, False), (NARROW, True)):
        desk.page.set_viewport_size(size)
        desk.dark(dark)
        wrong += accessibility_violations(desk.page, **RULES)
        if desk.page.evaluate(TOO_WIDE):
            wrong.append(f"wider than {size['width']} px")
    desk.page.set_viewport_size(WIDE)
    desk.dark(False)
    return [f"{desk.page.url}: {each}" for each in wrong] + desk.complaints()


def lists() -> list[str]:
    return sorted(model._meta.label_lower for model in admin.site._registry)


class TestEveryPage:
    def test_lists_and_rows(self, desk, history):
        wrong = []

        for model in lists():
            desk.open(navigation.list_url(model))
            wrong += wrong_with(desk)
            row = desk.page.locator("#result_list tbody a").first
            if row.count():
                desk.open(row.get_attribute("href"))
                wrong += wrong_with(desk)

        assert wrong == []

    def test_today(self, desk, history):
        desk.open("/admin/")

        assert wrong_with(desk) == []

    def test_sign_in(self, desk):
        desk.page.context.clear_cookies()
        desk.open("/admin/login/")

        assert wrong_with(desk) == []


class TestMenus:
    def test_filters_open(self, desk, history):
        wrong = []

        for model, model_admin in admin.site._registry.items():
            if model_admin.list_filter:
                desk.open(navigation.list_url(model._meta.label_lower))
                opener = desk.page.get_by_text("Filters", exact=True).first
                if opener.count():  # an empty list has nothing to filter
                    opener.click()
                    desk.page.locator("#changelist-filter").wait_for(state="visible")
                wrong += desk.complaints()

        assert wrong == []

    def test_user_menu_opens(self, desk):
        desk.open("/admin/")

        desk.page.locator(
            "[x-on\\:click*='openUserLinks'], [x-on\\:click*='userLinks']"
        ).first.click()
        desk.page.get_by_text("Log out").first.wait_for(state="visible")

        assert desk.complaints() == []

    def test_search_finds_and_opens(self, desk):
        desk.open("/admin/")

        desk.page.get_by_role("button", name="Find a booking").click()
        field = desk.page.locator("#search-input-command")
        field.press_sequentially("messages")
        desk.page.locator("#command-results-list a").first.wait_for(state="visible")
        field.press("ArrowDown")
        field.press("Enter")
        desk.page.wait_for_url("**/admin/mail/**")

        assert desk.complaints() == []

    def test_sidebar_closes_and_stays_closed(self, desk):
        desk.open("/admin/")
        desk.page.locator("[x-on\\:click*='sidebarDesktopOpen']").first.click()
        desk.page.locator("#nav-sidebar").wait_for(state="hidden")

        desk.open("/admin/")

        assert not desk.page.locator("#nav-sidebar").is_visible()
        assert desk.complaints() == []
