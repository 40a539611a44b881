"""The blacklist in a browser: by keyboard from the list to a saved entry and back, on a desk and on a phone."""

import pytest

from core import clock
from fraud.models import BlacklistEntry
from fraud.services import lists
from tests.fraud.listing import CARD, OFFICER, listed
from tests.functional.backoffice.test_staff_pages import wrong_with

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "/admin/fraud/blacklistentry/"


@pytest.fixture
def entries(desk):
    """Some of each effect, one that came by itself, one removed."""
    made = {
        "mail": listed(now=clock.now(), until=None),
        "long": listed(
            "email",
            "a.very.long.name.of.somebody@a-long-name.of-some-organisation.example",
            now=clock.now(),
            until=None,
            effect="review",
            reason="Booked twelve places four times with four different cards and never came",
        ),
        "vip": listed(
            "email", "office@school.example", now=clock.now(), until=None, effect="allow"
        ),
        "card": listed("card", CARD, now=clock.now(), until=None),
        "net": listed("connection", "2a00:1450:4009:81f::/64", now=clock.now(), until=None),
    }
    gone = listed("email", "gone@example.org", now=clock.now(), until=None)
    lists.remove(entry_id=gone.pk, reason="Wrong customer", actor=OFFICER, now=clock.now())
    return made | {"gone": gone}


class TestPages:
    def test_nothing_is_wrong_with_any_of_them(self, desk, entries):
        wrong = []
        for path in (
            "", "?kind=connection", "?kind=device", "?q=nobody", "?standing=all", "add/", "import/",
            f"{entries['mail'].pk}/change/", f"{entries['gone'].pk}/change/",
        ):  # fmt: skip
            desk.open(LIST + path)
            wrong += wrong_with(desk)

        assert wrong == []

    def test_sidebar_leads_there(self, desk):
        desk.open("/admin/")
        desk.page.locator("#nav-sidebar").get_by_role("link", name="Blacklist").click()

        desk.page.get_by_role("link", name="Email", exact=False).first.wait_for()

        assert desk.page.url.endswith(LIST)


class TestAdding:
    def test_by_keyboard_with_the_preview_between(self, desk):
        page = desk.page
        desk.open(LIST + "?kind=email_domain")
        page.get_by_role("link", name="Add", exact=True).focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/add/**")
        page.get_by_label("Value").focus()
        page.keyboard.type("gmail.com")
        page.get_by_label("Reason").focus()
        page.keyboard.type("Throw-away addresses")
        page.keyboard.press("Enter")
        page.get_by_text("There is a problem").wait_for()
        wrong = wrong_with(desk)
        assert page.get_by_text("is a public mail provider").count()

        page.get_by_label("Value").fill("bad.example")
        page.get_by_label("Value").press("Enter")
        page.get_by_text("Would have stopped no bookings in 90 days.").wait_for()
        wrong += wrong_with(desk)
        assert not BlacklistEntry.objects.exists()
        page.get_by_role("button", name="Stop this").focus()
        page.keyboard.press("Enter")
        page.get_by_role("link", name="bad.example").wait_for()

        assert BlacklistEntry.objects.get().effect == "block"
        assert wrong + desk.complaints() == []


class TestRemoving:
    def test_with_a_reason_and_undone(self, desk, entries):
        page = desk.page
        desk.open(LIST + "?kind=card")
        page.get_by_role("link", name="Card ···jR1c").click()
        page.get_by_role("button", name="Remove from the list").click()
        page.get_by_text("There is a problem").wait_for()
        page.get_by_label("Reason").fill("The customer called")
        page.get_by_role("button", name="Remove from the list").click()
        page.get_by_role("button", name="Put back on the list").wait_for()
        assert BlacklistEntry.objects.get(kind="card").removed_at

        page.get_by_label("Reason").fill("Removed by mistake")
        page.get_by_role("button", name="Put back on the list").click()
        page.get_by_role("button", name="Remove from the list").wait_for()

        assert BlacklistEntry.objects.get(kind="card").removed_at is None
        assert wrong_with(desk) == []


class TestImporting:
    def test_wrong_rows_are_a_table(self, desk):
        page = desk.page
        desk.open(LIST + "import/")
        rows = "kind,value,effect,reason\nemail,nobody,block,Why\nemail,a@example.org,block,Why\n"
        page.locator("input[type=file]").set_input_files(
            {"name": "list.csv", "mimeType": "text/csv", "buffer": rows.encode()}
        )
        page.get_by_role("button", name="Import").click()
        page.get_by_text("Nothing was added").wait_for()

        assert page.get_by_text("Line 2").count()
        assert wrong_with(desk) == []
        assert not BlacklistEntry.objects.exists()
