"""Every address of the back office in a real browser, as the owner: quiet console, axe finds nothing, nothing cut off;
and its menus, filters, search and keys. What each role is answered is tests/security/test_access.py's."""

import re

import pytest
from django.contrib import admin
from playwright.sync_api import expect

from core import clock
from core.audit import verifications
from core.backoffice import navigation, reports
from core.health import observations
from core.performance import suggestions
from tests.functional import chromium as browsers
from tests.functional.backoffice import machinery
from tests.functional.backoffice.conftest import Desk
from tests.functional.chromium import NARROW, WIDE, accessibility_violations
from tests.security import knocking, world
from tests.security.addresses import every_address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Unfold's own layout has no landmarks; what WCAG asks for is held, axe's further advice is not.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# One template for all lists; the plain walk has each of them.
SAME_EVERYWHERE = re.compile(r"/history/$")
OTHER_STATES = (
    "/admin/performance/suggestion/?period=week",
    "/admin/performance/suggestion/page/?kind=page&name=/",
)


@pytest.fixture
def rows(db):
    """Something in every list, the consoles' too."""
    site = world.build()
    machinery.measured()
    suggestions.look(now=clock.now())
    observations.observe(now=clock.now())
    verifications.run(verification_id=None, now=clock.now())
    return site


def wrong_with(desk: Desk) -> list[str]:
    """What is wrong with the page as it stands, wide in light and narrow in dark."""
    wrong = []
    for size, dark in ((WIDE, False), (NARROW, True)):
        browsers.width(desk.page, size)
        desk.dark(dark)
        wrong += accessibility_violations(desk.page, **RULES)
        if browsers.overflows(desk.page):
            wrong.append(f"wider than {size} px")
    browsers.width(desk.page, WIDE)
    desk.dark(False)
    return [f"{desk.page.url}: {each}" for each in wrong] + desk.complaints()


def pages(client, site: world.World) -> list[str]:
    """Every address of the back office that shows this person a page; a list's history once for all lists."""
    addresses = [each for each in every_address() if each.route.startswith("admin/")]
    paths = {knocking.path_of(each, site) for each in addresses if "logout" not in each.route}
    paths |= {f"/admin/backoffice/report/of/{report.name}/" for _, report in reports._reports}
    histories = sorted(path for path in paths if SAME_EVERYWHERE.search(path))
    asked = sorted(paths - set(histories)) + histories
    found = [path for path in asked if is_page(client.get(path))]
    first = next((path for path in found if path in histories), None)
    return [path for path in found if path not in histories or path == first]


def is_page(answer) -> bool:
    is_html = answer.headers.get("Content-Type", "").startswith("text/html")
    return answer.status_code == 200 and is_html and answer.content.lstrip()[:2] == b"<!"


class TestEveryPage:
    def test_of_the_back_office(self, desk, client, rows):
        wrong = []

        for path in [*pages(client, rows), *OTHER_STATES]:
            desk.open(path)
            wrong += wrong_with(desk)

        assert wrong == []

    def test_sign_in(self, desk):
        desk.page.context.clear_cookies()
        desk.open("/admin/login/")

        assert wrong_with(desk) == []


class TestMenus:
    def test_filters_open(self, desk, rows):
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

    def test_a_key_opens_the_search_and_rests_in_a_field(self, desk):
        for path in ("/admin/", "/admin/courses/booking/", "/admin/fraud/reviewcase/"):
            desk.open(path)
            desk.page.keyboard.press("/")
            field = desk.page.locator("#search-input-command")
            expect(field).to_be_focused()
            desk.page.keyboard.press("/")
            expect(field).to_have_value("/")

        desk.page.evaluate("localStorage.setItem('staffKeysOff', '1')")
        desk.open("/admin/")
        desk.page.keyboard.press("/")
        expect(desk.page.locator("#search-input-command")).to_be_hidden()

    def test_the_search_takes_the_focus_on_a_machine_that_draws_late(self, desk):
        """Unfold asks for the focus once, 20 ms after the opening; here the field is drawn after that."""
        desk.open("/admin/")
        field = desk.page.locator("#search-input-command")
        desk.page.add_style_tag(content="body.late #search-input-command { display: none; }")
        desk.page.evaluate("document.body.classList.add('late')")

        desk.page.keyboard.press("/")
        desk.page.evaluate(
            """() => new Promise((drawn) => setTimeout(() => {
                document.body.classList.remove("late");
                drawn();
            }, 60))"""
        )

        expect(field).to_be_focused()

    def test_sidebar_closes_and_stays_closed(self, desk):
        desk.open("/admin/")
        desk.page.locator("[x-on\\:click*='sidebarDesktopOpen']").first.click()
        desk.page.locator("#nav-sidebar").wait_for(state="hidden")

        desk.open("/admin/")

        assert not desk.page.locator("#nav-sidebar").is_visible()
        assert desk.complaints() == []
